import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { valueSatisfies } from '../../../../vector-index/filter/value-condition.js';

describe('a value under a condition', () => {
  it('is compared by the order of its type', () => {
    assert.ok(valueSatisfies(2n ** 53n + 1n, { comparator: 'greater', values: [2n ** 53n] }));
    assert.ok(valueSatisfies('\u{10000}', { comparator: 'greater', values: ['\uffff'] }));
    assert.ok(valueSatisfies(-0, { comparator: 'greaterEqual', values: [0] }));
    assert.ok(valueSatisfies(false, { comparator: 'less', values: [true] }));
    assert.ok(valueSatisfies(new Date(5), { comparator: 'lessEqual', values: [new Date(5)] }));
  });

  it('is none of several when there are none', () => {
    assert.equal(valueSatisfies(1n, { comparator: 'in', values: [] }), false);
    assert.equal(valueSatisfies(1n, { comparator: 'in', values: [2n, 1n] }), true);
  });

  it('satisfies nothing when it is NaN', () => {
    for (const comparator of ['equal', 'less', 'lessEqual', 'greater', 'greaterEqual', 'in', 'contains'] as const) {
      assert.equal(valueSatisfies(Number.NaN, { comparator, values: [Number.NaN] }), false);
    }
  });

  it('begins with the empty string and with itself', () => {
    assert.ok(valueSatisfies('abc', { comparator: 'startsWith', values: [''] }));
    assert.ok(valueSatisfies('abc', { comparator: 'startsWith', values: ['abc'] }));
    assert.equal(valueSatisfies('ab', { comparator: 'startsWith', values: ['abc'] }), false);
  });
});
