import assert from 'node:assert/strict';
import { expiredFilter, visibleFilter } from '../../../../coordinator/documents/visible.js';
import { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { FilterComparator } from '../../../../proto/generated/shoal/v1/filter.js';

const attributes = { year: AttributeType.ATTRIBUTE_TYPE_INT64, until: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP };

describe('what a reader sees', () => {
  it('is everything where nothing filters and nothing expires', () => {
    assert.equal(visibleFilter('', { attributes, expiresBy: '' }, 0), null);
  });

  it('is what the filter lets through', () => {
    const filter = visibleFilter('year == 7', { attributes, expiresBy: '' }, 0);
    assert.deepEqual([filter?.comparison?.attribute, filter?.comparison?.values[0]?.int64Value], ['year', 7n]);
    assert.throws(() => visibleFilter('year == "x"', { attributes, expiresBy: '' }, 0), { code: 'INVALID_ARGUMENT' });
  });

  it('is what has not expired: a document without the attribute stays', () => {
    const expired = expiredFilter('until', 5_000);
    assert.deepEqual(visibleFilter('', { attributes, expiresBy: 'until' }, 5_000), { noneOf: expired });
    assert.deepEqual(expired.comparison, {
      attribute: 'until',
      type: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP,
      comparator: FilterComparator.FILTER_COMPARATOR_LESS_EQUAL,
      values: [{ timestampValue: new Date(5_000) }],
    });
  });

  it('is both where both are', () => {
    const filter = visibleFilter('has(year)', { attributes, expiresBy: 'until' }, 1);
    const [asked, unexpired] = filter?.allOf?.filters ?? [];
    assert.equal(asked?.has, 'year');
    assert.deepEqual(unexpired, { noneOf: expiredFilter('until', 1) });
  });
});
