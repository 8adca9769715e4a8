/** Attributes by type: which column a value belongs to, and a row's values from all of them. */
import { ShoalError } from '../../base/errors.js';
import type { AttributeScalar, AttributeValue } from '../document.js';
import type { AttributeColumn, AttributeKind } from './segment-reader.js';

export interface AttributeType {
  readonly kind: AttributeKind;
  readonly isList: boolean;
}

/** The type of a value. An empty list counts as a list of strings. INVALID_ARGUMENT for a list of mixed types. */
export function attributeType(name: string, value: AttributeValue): AttributeType {
  if (!Array.isArray(value)) return { kind: scalarKind(value as AttributeScalar), isList: false };
  const kinds = new Set((value as readonly AttributeScalar[]).map(scalarKind));
  if (kinds.size > 1) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `attribute ${name} is a list of ${[...kinds].join(' and ')}; a list has one type`,
    );
  }
  return { kind: [...kinds][0] ?? 'string', isList: true };
}

/** The name under which columns of one attribute and type meet. */
export function columnKey(column: { name: string; kind: AttributeKind; isList: boolean }): string {
  return `${column.kind}${column.isList ? '[]' : ''}:${column.name}`;
}

function scalarKind(value: AttributeScalar): AttributeKind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  return 'timestamp';
}

/** One row's attributes from the columns of its segment. */
export function rowAttributes(columns: readonly AttributeColumn[], row: number): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const column of columns) {
    const value = column.value(row);
    if (value !== undefined)
      Object.defineProperty(attributes, column.name, { value, enumerable: true, writable: true });
  }
  return attributes;
}
