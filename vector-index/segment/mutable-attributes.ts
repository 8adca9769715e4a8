/** The attribute columns of a segment in memory, which come to be as documents bring them. */
import type { AttributeValue } from '../document.js';
import { attributeType, columnKey } from './attribute-columns.js';
import { AttributeEntries } from './attribute-entries.js';
import type { AttributeColumn } from './segment-reader.js';

export class MutableAttributes {
  readonly #byKey = new Map<string, AttributeEntries>();
  readonly #columns: AttributeEntries[] = [];

  /** Adds the attributes of a row behind all rows so far. */
  add(row: number, attributes: Readonly<Record<string, AttributeValue>>): void {
    for (const name in attributes) {
      const value = attributes[name]!;
      const type = attributeType(name, value);
      const key = columnKey({ name, ...type });
      let column = this.#byKey.get(key);
      if (column === undefined) {
        column = new AttributeEntries(name, type);
        this.#byKey.set(key, column);
        this.#columns.push(column);
      }
      column.add(row, value);
    }
  }

  /** A view: columns join it as they come to be. */
  get columns(): readonly AttributeColumn[] {
    return this.#columns;
  }
}
