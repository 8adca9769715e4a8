/** The attribute columns of a segment file: presence, list starts, values by type, then their index. */
import { present } from '../../base/assert.js';
import { bytesOf } from '../../base/bytes.js';
import { bitmapBytes, setBit } from '../bitmap.js';
import type { AttributeScalar, AttributeValue } from '../document.js';
import { columnKey, type AttributeType } from './attribute-columns.js';
import { writeAttributeIndex } from './attribute-index-writer.js';
import type { RowOrder } from './row-order.js';
import type { SegmentFileWriter } from './segment-file-writer.js';
import type { AttributeColumn, AttributeKind } from './segment-reader.js';

/** Writes one set of columns for every attribute and type that occurs among the rows, and answers their list for the directory. */
export async function writeAttributes(
  writer: SegmentFileWriter,
  order: RowOrder,
): Promise<({ name: string } & AttributeType)[]> {
  const written: ({ name: string } & AttributeType)[] = [];
  for (const bySource of columnsByKey(order)) {
    const { name, kind, isList } = present(
      bySource.find((column) => column !== undefined),
      'a column of the attribute',
    );
    const gathered = await gather(writer, order, bySource, isList);
    if (gathered === null) continue;
    const prefix = `attribute.${written.length}`;
    written.push({ name, kind, isList });
    writer.column(`${prefix}.present`);
    writer.bytes(gathered.presence);
    if (isList) {
      writer.column(`${prefix}.starts`);
      writer.bytes(bytesOf(gathered.starts));
    }
    await writeValues(writer, prefix, kind, gathered.values);
    const { values, starts } = gathered;
    await writeAttributeIndex(writer, prefix, { kind, values, starts: isList ? starts : null });
  }
  return written;
}

/** Columns of one attribute and type side by side, one per source, in the order of their keys. */
function columnsByKey(order: RowOrder): (AttributeColumn | undefined)[][] {
  const keys = new Map<string, (AttributeColumn | undefined)[]>();
  for (const [source, { reader }] of order.sources.entries()) {
    for (const column of reader.attributes) {
      const key = columnKey(column);
      const columns = keys.get(key) ?? new Array<AttributeColumn | undefined>(order.sources.length).fill(undefined);
      columns[source] = column;
      keys.set(key, columns);
    }
  }
  return [...keys.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, columns]) => columns);
}

interface GatheredColumn {
  readonly presence: Uint8Array;
  readonly starts: Uint32Array;
  /** One per row (undefined where absent), or the elements of all lists. */
  readonly values: (AttributeScalar | undefined)[];
}

async function gather(
  writer: SegmentFileWriter,
  order: RowOrder,
  columns: readonly (AttributeColumn | undefined)[],
  isList: boolean,
): Promise<GatheredColumn | null> {
  const presence = new Uint8Array(bitmapBytes(order.count));
  const starts = new Uint32Array(order.count + 1);
  const values: (AttributeScalar | undefined)[] = [];
  let isEmpty = true;
  for (let at = 0; at < order.count; at += 1) {
    const value: AttributeValue | undefined = columns[order.sourceOf[at]!]?.value(order.rowOf[at]!);
    if (value !== undefined) {
      setBit(presence, at);
      isEmpty = false;
    }
    if (isList) for (const element of (value ?? []) as readonly AttributeScalar[]) values.push(element);
    else values.push(value as AttributeScalar | undefined);
    starts[at + 1] = values.length;
    if ((at & 255) === 255) await writer.pause();
  }
  return isEmpty ? null : { presence, starts, values };
}

/** Values that are written between two looks at the clock. */
const valuesPerSlice = 1024;

async function writeValues(
  writer: SegmentFileWriter,
  prefix: string,
  kind: AttributeKind,
  values: readonly (AttributeScalar | undefined)[],
): Promise<void> {
  if (kind === 'string') {
    let end = 0;
    writer.column(`${prefix}.offsets`);
    writer.u32(0);
    await eachSlice(writer, values, (slice) => {
      for (const value of slice) writer.u32((end += Buffer.byteLength((value as string | undefined) ?? '', 'utf8')));
    });
  }
  writer.column(`${prefix}.values`);
  await eachSlice(writer, values, (slice) => {
    if (kind !== 'string') writer.bytes(bytesOf(fixedWidth(kind, slice)));
    else for (const value of slice) writer.bytes(Buffer.from((value as string | undefined) ?? '', 'utf8'));
  });
}

async function eachSlice<T>(
  writer: SegmentFileWriter,
  values: readonly T[],
  write: (slice: readonly T[]) => void,
): Promise<void> {
  for (let start = 0; start < values.length; start += valuesPerSlice) {
    write(values.slice(start, start + valuesPerSlice));
    await writer.pause();
  }
}

function fixedWidth(
  kind: Exclude<AttributeKind, 'string'>,
  values: readonly (AttributeScalar | undefined)[],
): ArrayBufferView {
  switch (kind) {
    case 'int64':
      return BigInt64Array.from(values, (value) => (value as bigint | undefined) ?? 0n);
    case 'double':
      return Float64Array.from(values, (value) => (value as number | undefined) ?? 0);
    case 'bool':
      return Uint8Array.from(values, (value) => (value === true ? 1 : 0));
    case 'timestamp':
      return Float64Array.from(values, (value) => (value as Date | undefined)?.getTime() ?? 0);
  }
}
