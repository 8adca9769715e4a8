/** Attribute columns of a mapped segment file; values are decoded when asked for. */
import { hasBit } from '../bitmap.js';
import type { AttributeScalar } from '../document.js';
import type { ColumnFile } from './column-file.js';
import type { AttributeColumn, AttributeKind } from './segment-reader.js';

/** The columns of `file`, in the order of its directory. They are valid as long as the file is mapped. */
export function readAttributes(file: ColumnFile): readonly AttributeColumn[] {
  return file.layout.attributes.map(({ name, kind, isList }, number) => {
    const prefix = `attribute.${number}`;
    const presence = file.u8(`${prefix}.present`);
    const starts = file.u32(`${prefix}.starts`);
    const element = elementReader(file, prefix, kind);
    return {
      name,
      kind,
      isList,
      value: (row) => {
        if (!hasBit(presence, row)) return undefined;
        if (!isList) return element(row);
        const values: AttributeScalar[] = [];
        for (let at = starts[row]!; at < starts[row + 1]!; at += 1) values.push(element(at));
        return values;
      },
    };
  });
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
