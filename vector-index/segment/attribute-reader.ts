/** Attribute columns of a mapped segment file; values are decoded when asked for. */
import { hasBit, setBit } from '../bitmap.js';
import type { AttributeScalar, AttributeValue } from '../document.js';
import { valueSatisfies } from '../filter/value-condition.js';
import { readAttributeIndex, type AttributeIndex } from './attribute-index.js';
import type { ColumnFile } from './column-file.js';
import type { AttributeColumn, AttributeKind, ValueCondition } from './segment-reader.js';

/** The columns of `file`, in the order of its directory. They are valid as long as the file is mapped. */
export function readAttributes(file: ColumnFile): readonly AttributeColumn[] {
  return file.layout.attributes.map(({ name, kind, isList }, number) => {
    const prefix = `attribute.${number}`;
    const element = elementReader(file, prefix, kind);
    const presence = file.u8(`${prefix}.present`);
    const starts = isList ? file.u32(`${prefix}.starts`) : null;
    const value = valueReader(presence, starts, element);
    const rows = file.layout.rows;
    const columns = { element, presence: isList ? null : presence };
    const index = readAttributeIndex(file, prefix, columns) ?? { mark: scanOver(rows, value) };
    const markPresent = (bits: Uint8Array): void => bits.set(presence.subarray(0, bits.length));
    return { name, kind, isList, value, markPresent, mark: (condition, bits) => index.mark(condition, bits) };
  });
}

function valueReader(
  presence: Uint8Array,
  starts: Uint32Array | null,
  element: (at: number) => AttributeScalar,
): AttributeColumn['value'] {
  return (row) => {
    if (!hasBit(presence, row)) return undefined;
    if (starts === null) return element(row);
    const values: AttributeScalar[] = [];
    for (let at = starts[row]!; at < starts[row + 1]!; at += 1) values.push(element(at));
    return values;
  };
}

/** Stands for the index in files from before there was one. */
function scanOver(rows: number, valueOf: AttributeColumn['value']): AttributeIndex['mark'] {
  return (condition, bits) => {
    for (let row = 0; row < Math.min(rows, bits.length * 8); row += 1) {
      if (anySatisfies(valueOf(row), condition)) setBit(bits, row);
    }
  };
}

function anySatisfies(value: AttributeValue | undefined, condition: ValueCondition): boolean {
  if (value === undefined) return false;
  if (Array.isArray(value)) return value.some((element: AttributeScalar) => valueSatisfies(element, condition));
  return valueSatisfies(value as AttributeScalar, condition);
}

function elementReader(file: ColumnFile, prefix: string, kind: AttributeKind): (at: number) => AttributeScalar {
  const name = `${prefix}.values`;
  switch (kind) {
    case 'string': {
      const offsets = file.u32(`${prefix}.offsets`);
      const bytes = file.u8(name);
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (at) => buffer.toString('utf8', offsets[at]!, offsets[at + 1]!);
    }
    case 'int64': {
      const values = file.i64(name);
      return (at) => values[at]!;
    }
    case 'double': {
      const values = file.f64(name);
      return (at) => values[at]!;
    }
    case 'bool': {
      const values = file.u8(name);
      return (at) => values[at] === 1;
    }
    case 'timestamp': {
      const values = file.f64(name);
      return (at) => new Date(values[at]!);
    }
  }
}
