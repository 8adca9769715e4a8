/**
 * Matrices in NumPy's .npy files: float32[rows, dim], C order, little-endian, read in chunks so that a file may be larger than memory.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { open, type FileHandle } from 'node:fs/promises';
import { ShoalError } from '../../base/errors.js';

export interface NpyMatrix {
  readonly rows: number;
  readonly dim: number;
  /** Rows `start` to `start + count` (cut at the end) as float32[count, dim], in an array of the caller's. */
  readRows(start: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Bytes read at once by `eachRow`. */
const chunkBytes = 4 * 1024 * 1024;

/** Opens a matrix. NOT_FOUND without the file; INVALID_ARGUMENT for another type, order or shape, saying how to convert it. */
export async function openNpy(path: string): Promise<NpyMatrix> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new ShoalError('NOT_FOUND', `cannot read ${path}: ${(error as Error).message}`, { cause: error });
  });
  try {
    const { header, dataOffset } = await readHeader(file, path);
    const { rows, dim } = shapeOf(header, path);
    const { size } = await file.stat();
    if (size - dataOffset !== rows * dim * 4) {
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `${path} says ${rows} × ${dim} float32 but has ${size - dataOffset} bytes of data; was the file cut off?`,
      );
    }
    return matrix(file, { rows, dim, dataOffset });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Every row in order as an array of its own. */
export async function* eachRow(npy: NpyMatrix): AsyncGenerator<Float32Array> {
  const count = Math.max(1, Math.floor(chunkBytes / (npy.dim * 4)));
  for (let start = 0; start < npy.rows; start += count) {
    const chunk = await npy.readRows(start, count);
    for (let at = 0; at < chunk.length; at += npy.dim) yield chunk.slice(at, at + npy.dim);
  }
}

function matrix(file: FileHandle, layout: { rows: number; dim: number; dataOffset: number }): NpyMatrix {
  const { rows, dim, dataOffset } = layout;
  return {
    rows,
    dim,
    async readRows(start, count) {
      const taken = Math.max(0, Math.min(count, rows - start));
      const array = new Float32Array(taken * dim);
      const bytes = new Uint8Array(array.buffer);
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, dataOffset + start * dim * 4 + done);
        if (bytesRead === 0) throw new ShoalError('DATA_LOSS', 'the .npy file ended early while it was read');
        done += bytesRead;
      }
      return array;
    },
    close: () => file.close(),
  };
}

async function readHeader(file: FileHandle, path: string): Promise<{ header: string; dataOffset: number }> {
  const head = Buffer.alloc(12);
  const { bytesRead } = await file.read(head, 0, 12, 0);
  if (bytesRead < 12 || head.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw new ShoalError('INVALID_ARGUMENT', `${path} is no .npy file; write one with numpy.save`);
  }
  const isFirstVersion = head[6] === 1;
  const length = isFirstVersion ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const start = isFirstVersion ? 10 : 12;
  if (length > 1_000_000)
    throw new ShoalError('INVALID_ARGUMENT', `${path} has a header of ${length} bytes; it is damaged`);
  const header = Buffer.alloc(length);
  await file.read(header, 0, length, start);
  return { header: header.toString('utf8'), dataOffset: start + length };
}

function shapeOf(header: string, path: string): { rows: number; dim: number } {
  const dtype = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'a structure';
  const isFortran = /'fortran_order':\s*True/.test(header);
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '';
  const sizes = shape
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const [rows, dim] = sizes;
  const how = 'convert it with numpy.save(file, numpy.ascontiguousarray(array, dtype="<f4"))';
  if (dtype !== '<f4')
    throw new ShoalError('INVALID_ARGUMENT', `${path} holds ${dtype}, not little-endian float32; ${how}`);
  if (isFortran) throw new ShoalError('INVALID_ARGUMENT', `${path} is in Fortran order; ${how}`);
  if (sizes.length !== 2 || rows === undefined || dim === undefined || !(dim > 0)) {
    throw new ShoalError('INVALID_ARGUMENT', `${path} has the shape (${shape}); vectors are a matrix [rows, dim]`);
  }
  return { rows, dim };
}
