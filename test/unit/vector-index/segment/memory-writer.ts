/** A writer of columns into memory. */
import type { SegmentFileWriter } from '../../../../vector-index/segment/segment-file-writer.js';

export interface MemoryWriter {
  readonly writer: Pick<SegmentFileWriter, 'column' | 'bytes' | 'u64' | 'pause'>;
  /** What was written of each column, aligned as in a file. */
  readonly columns: ReadonlyMap<string, Uint8Array>;
}

export function memoryWriter(): MemoryWriter {
  const columns = new Map<string, Uint8Array>();
  let last = '';
  const bytes = (added: Uint8Array): void => {
    columns.set(last, new Uint8Array(Buffer.concat([columns.get(last)!, added])));
  };
  const column = (name: string): void => {
    last = name;
    columns.set(name, new Uint8Array(0));
  };
  const u64 = (value: bigint): void => bytes(new Uint8Array(BigUint64Array.of(value).buffer));
  return { writer: { column, bytes, u64, pause: () => Promise.resolve() }, columns };
}
