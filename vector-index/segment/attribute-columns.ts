/** Attributes by type: which column a value belongs to, and a column over documents in memory. */
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

/** Attribute columns of a segment in memory. */
export class MutableAttributes {
  readonly #columns = new Map<string, AttributeColumn & { values: Map<number, AttributeValue> }>();

  /** Adds one row's attributes. */
  add(row: number, attributes: Readonly<Record<string, AttributeValue>>): void {
    for (const [name, value] of Object.entries(attributes)) {
      const type = attributeType(name, value);
      const key = columnKey({ name, ...type });
      let column = this.#columns.get(key);
      if (column === undefined) {
        const values = new Map<number, AttributeValue>();
        column = { name, ...type, values, value: (at) => values.get(at) };
        this.#columns.set(key, column);
      }
      column.values.set(row, value);
    }
  }

  get columns(): readonly AttributeColumn[] {
    return [...this.#columns.values()];
  }
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
