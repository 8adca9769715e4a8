/** Whether one row passes a filter, from its attributes alone: for single rows, and the meaning that whole bitmaps are held to. */
import { unreachable } from '../../base/assert.js';
import type { AttributeScalar } from '../document.js';
import type { AttributeColumn, ValueCondition } from '../segment/segment-reader.js';
import type { RowFilter } from './row-filter.js';
import { valueSatisfies } from './value-condition.js';

export type Comparison = Extract<RowFilter, { kind: 'compare' }>;

/** Whether `row` of the segment with `columns` (its `attributes`) passes `filter`. */
export function rowPasses(columns: readonly AttributeColumn[], row: number, filter: RowFilter): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.of.every((part) => rowPasses(columns, row, part));
    case 'any':
      return filter.of.some((part) => rowPasses(columns, row, part));
    case 'not':
      return !rowPasses(columns, row, filter.of);
    case 'has':
      return columns.some((column) => column.name === filter.attribute && column.value(row) !== undefined);
    case 'constant':
      return filter.value;
    case 'compare':
      return rowCompares(columns, row, filter);
    default:
      return unreachable(filter);
  }
}

/** Whether `comparison` speaks about the column: an attribute of another type is as good as missing. */
export function isColumnOf(column: AttributeColumn, comparison: Comparison): boolean {
  const { attribute, type, isList } = comparison;
  return column.name === attribute && column.kind === type && column.isList === isList;
}

/** What the comparison asks of a value; that of `notEqual` is the opposite of what it is, for rows that have the attribute. */
export function conditionOf({ comparator, values }: Comparison): ValueCondition {
  return { comparator: comparator === 'notEqual' ? 'equal' : comparator, values };
}

function rowCompares(columns: readonly AttributeColumn[], row: number, comparison: Comparison): boolean {
  const value = columns.find((column) => isColumnOf(column, comparison))?.value(row);
  if (value === undefined) return false;
  const condition = conditionOf(comparison);
  if (comparison.isList) return (value as readonly AttributeScalar[]).some((one) => valueSatisfies(one, condition));
  return valueSatisfies(value as AttributeScalar, condition) !== (comparison.comparator === 'notEqual');
}
