import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RowFilter } from '../../../../vector-index/filter/row-filter.js';
import { conditionOf, isColumnOf, rowPasses } from '../../../../vector-index/filter/row-passes.js';
import { mutableColumns } from './fixtures.js';

const year = { kind: 'compare', attribute: 'year', type: 'int64', isList: false } as const;

describe('a row under a filter', () => {
  it('fails every comparison with an attribute that it lacks, and passes the negation of each', () => {
    const columns = mutableColumns([{}, { year: 1n }]);
    for (const comparator of ['equal', 'notEqual', 'less', 'greaterEqual', 'in'] as const) {
      const filter: RowFilter = { ...year, comparator, values: [1n] };
      assert.equal(rowPasses(columns, 0, filter), false);
      assert.equal(rowPasses(columns, 0, { kind: 'not', of: filter }), true);
    }
  });

  it('is judged by the column of the type asked for where documents disagree', () => {
    const columns = mutableColumns([{ year: 1n }, { year: '1' }, { year: [1n] }]);
    const filter: RowFilter = { ...year, comparator: 'equal', values: [1n] };
    assert.deepEqual(
      [0, 1, 2].map((row) => rowPasses(columns, row, filter)),
      [true, false, false],
    );
    assert.deepEqual(
      columns.map((column) => isColumnOf(column, filter as typeof filter & { kind: 'compare' })),
      [true, false, false],
    );
  });

  it('passes has with a value of any type', () => {
    const columns = mutableColumns([{ year: 1n }, { year: '1' }, { year: [] }, {}]);
    assert.deepEqual(
      [0, 1, 2, 3].map((row) => rowPasses(columns, row, { kind: 'has', attribute: 'year' })),
      [true, true, true, false],
    );
  });

  it('is unequal when it is not equal', () => {
    assert.deepEqual(conditionOf({ ...year, comparator: 'notEqual', values: [1n] }), {
      comparator: 'equal',
      values: [1n],
    });
  });
});
