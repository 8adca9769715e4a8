import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { attributeTypes } from '../../../../proto/attributes.js';
import { Filter, FilterComparator as Comparator } from '../../../../proto/generated/shoal/v1/filter.js';
import { filterDepthMax, filterPartsMax, rowFilterOf } from '../../../../shard-node/search/filter.js';

type PartialFilter = Parameters<typeof Filter.fromPartial>[0];

function comparison(fields: NonNullable<PartialFilter['comparison']>): Filter {
  return Filter.fromPartial({ comparison: fields });
}

const year = { attribute: 'year', type: attributeTypes.int64, comparator: Comparator.FILTER_COMPARATOR_LESS };

function assertMalformed(filter: Filter, why: RegExp): void {
  assert.throws(() => rowFilterOf(filter), { code: 'INVALID_ARGUMENT', message: why });
}

describe('a filter from the wire', () => {
  it('is none where none was sent', () => {
    assert.equal(rowFilterOf(undefined), null);
  });

  it('becomes the filter of the index, node by node', () => {
    const wire = Filter.fromPartial({
      allOf: {
        filters: [
          { anyOf: { filters: [{ has: 'lang' }, { constant: true }] } },
          { noneOf: comparison({ ...year, values: [{ int64Value: 2000n }] }) },
        ],
      },
    });
    const compare = {
      kind: 'compare',
      attribute: 'year',
      type: 'int64',
      isList: false,
      comparator: 'less',
      values: [2000n],
    };
    assert.deepEqual(rowFilterOf(Filter.decode(Filter.encode(wire).finish())), {
      kind: 'all',
      of: [
        {
          kind: 'any',
          of: [
            { kind: 'has', attribute: 'lang' },
            { kind: 'constant', value: true },
          ],
        },
        { kind: 'not', of: compare },
      ],
    });
  });

  it('carries every comparator with values of every type', () => {
    const cases = [
      ['FILTER_COMPARATOR_EQUAL', 'string', { stringValue: '' }, 'equal', ''],
      ['FILTER_COMPARATOR_NOT_EQUAL', 'bool', { boolValue: false }, 'notEqual', false],
      ['FILTER_COMPARATOR_LESS', 'int64', { int64Value: 0n }, 'less', 0n],
      ['FILTER_COMPARATOR_LESS_EQUAL', 'double', { doubleValue: 0 }, 'lessEqual', 0],
      ['FILTER_COMPARATOR_GREATER', 'timestamp', { timestampValue: new Date(0) }, 'greater', new Date(0)],
      ['FILTER_COMPARATOR_GREATER_EQUAL', 'int64', { int64Value: -1n }, 'greaterEqual', -1n],
      ['FILTER_COMPARATOR_STARTS_WITH', 'string', { stringValue: 'x' }, 'startsWith', 'x'],
      ['FILTER_COMPARATOR_IN', 'int64', { int64Value: 5n }, 'in', 5n],
      ['FILTER_COMPARATOR_CONTAINS', 'string[]', { stringValue: 'x' }, 'contains', 'x'],
    ] as const;
    for (const [comparator, type, value, name, scalar] of cases) {
      const wire = comparison({
        attribute: 'x',
        type: attributeTypes[type],
        comparator: Comparator[comparator],
        values: [value],
      });
      const isList = type.endsWith('[]');
      const expected = {
        kind: 'compare',
        attribute: 'x',
        type: type.replace('[]', ''),
        isList,
        comparator: name,
        values: [scalar],
      };
      assert.deepEqual(rowFilterOf(wire), expected);
    }
  });

  it('may ask for one of no values', () => {
    const filter = rowFilterOf(comparison({ ...year, comparator: Comparator.FILTER_COMPARATOR_IN }));
    assert.deepEqual(filter?.kind === 'compare' && filter.values, []);
  });

  it('is refused when a node is of no kind, of two, or of a newer kind', () => {
    assertMalformed(Filter.fromPartial({}), /no known kind/);
    assertMalformed(Filter.fromPartial({ has: 'a', constant: true }), /two kinds/);
    assertMalformed(
      comparison({ ...year, comparator: 99 as Comparator, values: [{ int64Value: 1n }] }),
      /no known kind/,
    );
    assertMalformed(
      comparison({ ...year, type: 99 as typeof attributeTypes.int64, values: [{ int64Value: 1n }] }),
      /type of attribute 'year'/,
    );
  });

  it('is refused when values do not fit the comparison', () => {
    assertMalformed(comparison({ ...year, values: [] }), /0 values/);
    assertMalformed(comparison({ ...year, values: [{ int64Value: 1n }, { int64Value: 2n }] }), /2 values/);
    assertMalformed(comparison({ ...year, values: [{ stringValue: '1' }] }), /no int64/);
    assertMalformed(comparison({ ...year, values: [{}] }), /no int64/);
    const startsWith = Comparator.FILTER_COMPARATOR_STARTS_WITH;
    assertMalformed(comparison({ ...year, comparator: startsWith, values: [{ int64Value: 1n }] }), /'startsWith'/);
    assertMalformed(comparison({ ...year, type: attributeTypes['int64[]'], values: [{ int64Value: 1n }] }), /'less'/);
    const contains = Comparator.FILTER_COMPARATOR_CONTAINS;
    assertMalformed(comparison({ ...year, comparator: contains, values: [{ int64Value: 1n }] }), /'contains'/);
  });

  it('is refused beyond its bounds of depth and size', () => {
    const nested = (depth: number): Filter =>
      depth === 1 ? Filter.fromPartial({ has: 'a' }) : { ...Filter.fromPartial({}), noneOf: nested(depth - 1) };
    assert.ok(rowFilterOf(nested(filterDepthMax)));
    assertMalformed(nested(filterDepthMax + 1), /deeper than 32/);
    const values = Array.from({ length: filterPartsMax }, () => ({ int64Value: 1n }));
    assertMalformed(comparison({ ...year, comparator: Comparator.FILTER_COMPARATOR_IN, values }), /65536/);
  });
});
