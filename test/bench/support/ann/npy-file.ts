/**
 * Matrices in .npy files as the benchmarks keep them: float32 rows of any size, int64 row numbers.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { bytesOf } from '../../../../base/bytes.js';
import { openNpy } from '../../../../client/cli/npy.js';

export interface FloatRows {
  readonly count: number;
  readonly dim: number;
  /** float32[count, dim] */
  readonly values: Float32Array;
}

export interface RowNumbers {
  readonly count: number;
  /** Numbers of a row of the matrix. */
  readonly width: number;
  /** int32[count, width] */
  readonly values: Int32Array;
}

type Descr = '<f4' | '<i8';

/** Rows read at once. */
const chunkRows = 65_536;

/** The first `limit` rows of the matrix at `path`. Errors are those of `openNpy`. */
export async function readFloatRows(path: string, limit = Infinity): Promise<FloatRows> {
  const npy = await openNpy(path);
  try {
    const count = Math.min(limit, npy.rows);
    const values = new Float32Array(count * npy.dim);
    for (let start = 0; start < count; start += chunkRows) {
      values.set(await npy.readRows(start, Math.min(chunkRows, count - start)), start * npy.dim);
    }
    return { count, dim: npy.dim, values };
  } finally {
    await npy.close();
  }
}

/** The first `limit` rows of the int64 matrix at `path`. Throws on another type, and on numbers of 2^31 and more. */
export async function readRowNumbers(path: string, limit = Infinity): Promise<RowNumbers> {
  const bytes = await readFile(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const shape = /'descr': '<i8', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header);
  if (bytes[0] !== 0x93 || bytes[6] !== 1 || shape === null) {
    throw new Error(`${path} holds no int64 matrix [queries, neighbours] in C order; write one with numpy.save`);
  }
  const width = Number(shape[2]);
  const count = Math.min(limit, Number(shape[1]));
  const all = new BigInt64Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  const values = Int32Array.from(all.subarray(0, count * width), Number);
  if (values.some((value, i) => BigInt(value) !== all[i])) throw new Error(`${path} holds numbers of 2^31 and more`);
  return { count, width, values };
}

/** Writes float32[n, dim] piece by piece; the file has its name only once it is whole. */
export async function writeFloatRows(
  path: string,
  shape: readonly [count: number, dim: number],
  pieces: Iterable<Float32Array> | AsyncIterable<Float32Array>,
): Promise<void> {
  await writeMatrix(path, { descr: '<f4', shape }, pieces);
}

/** Writes int64[n, width]. */
export async function writeRowNumbers(path: string, { count, width, values }: RowNumbers): Promise<void> {
  await writeMatrix(path, { descr: '<i8', shape: [count, width] }, [BigInt64Array.from(values, BigInt)]);
}

async function writeMatrix(
  path: string,
  { descr, shape }: { readonly descr: Descr; readonly shape: readonly [number, number] },
  pieces: Iterable<Float32Array | BigInt64Array> | AsyncIterable<Float32Array>,
): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  try {
    await file.write(headerOf(descr, shape));
    let written = 0;
    for await (const piece of pieces) {
      const bytes = bytesOf(piece);
      for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
      written += piece.length;
    }
    if (written !== shape[0] * shape[1]) throw new Error(`${path} was to hold ${shape.join(' × ')} values: ${written}`);
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

function headerOf(descr: Descr, [count, dim]: readonly [number, number]): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${count}, ${dim}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, 10, 'latin1');
  header[header.length - 1] = 10;
  return header;
}
