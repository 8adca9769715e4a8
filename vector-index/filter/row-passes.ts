/** Whether one row passes a filter, from its attributes alone: for single rows, and the meaning that whole bitmaps are held to. */
import { unreachable } from '../../base/assert.js';
import type { AttributeScalar } from '../document.js';
import type { AttributeColumn } from '../segment/segment-reader.js';
import type { RowFilter } from './row-filter.js';
import { compareScalars } from './scalar-order.js';

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

/** Whether the scalar `value`, or the element of a list, satisfies the comparison. */
export function scalarCompares(value: AttributeScalar, { comparator, values }: Comparison): boolean {
  const [first] = values;
  if (comparator === 'in') return values.some((wanted) => compareScalars(value, wanted) === 0);
  if (first === undefined) return false;
  if (comparator === 'startsWith') return typeof value === 'string' && value.startsWith(first as string);
  const order = compareScalars(value, first);
  switch (comparator) {
    case 'equal':
    case 'contains':
      return order === 0;
    case 'notEqual':
      return order !== 0;
    case 'less':
      return order < 0;
    case 'lessEqual':
      return order <= 0;
    case 'greater':
      return order > 0;
    case 'greaterEqual':
      return order >= 0;
    default:
      return unreachable(comparator);
  }
}

function rowCompares(columns: readonly AttributeColumn[], row: number, comparison: Comparison): boolean {
  const value = columns.find((column) => isColumnOf(column, comparison))?.value(row);
  if (value === undefined) return false;
  if (!comparison.isList) return scalarCompares(value as AttributeScalar, comparison);
  return (value as readonly AttributeScalar[]).some((element) => scalarCompares(element, comparison));
}
