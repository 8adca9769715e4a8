/**
 * Lines of a JSON lines file, with their numbers. Split at the byte 0x0A only: readline would also split at U+2028, which JSON
 * texts may hold.
 */
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';

/** Bytes of a line: a document of the largest size whose vectors are written as decimal numbers. */
export const lineBytesMax = 4 * limits.messageBytesMax;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its newline; null when it is longer than `lineBytesMax`. */
  readonly bytes: Buffer | null;
}

export interface LineFile {
  /** Name for messages. */
  readonly name: string;
  /** Bytes on disk; 0 = unknown. */
  readonly sizeBytes: number;
  /** Whether `lines` may be called again after the first pass. */
  readonly canReread: boolean;
  /** Bytes read so far, before decompression. */
  bytesRead(): number;
  lines(): AsyncGenerator<Line>;
}

/** The lines of a file; gzip when the name ends with .gz or the bytes begin so. NOT_FOUND when there is none. */
export async function openLines(path: string): Promise<LineFile> {
  const { size } = await statOf(path);
  return linesOf({ name: path, sizeBytes: size, canReread: true }, () =>
    createReadStream(path, { highWaterMark: 1 << 18 }),
  );
}

/** What the system knows of the file at `path`. NOT_FOUND when there is none. */
export async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw new ShoalError('NOT_FOUND', `cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The lines of a stream, such as standard input. */
export function linesOf(about: Pick<LineFile, 'name' | 'sizeBytes' | 'canReread'>, open: () => Readable): LineFile {
  const progress = { bytes: 0 };
  return {
    ...about,
    bytesRead: () => progress.bytes,
    lines: () => splitLines(about.name, open(), progress),
  };
}

async function* splitLines(name: string, raw: Readable, progress: { bytes: number }): AsyncGenerator<Line> {
  raw.on('data', (chunk: Buffer) => (progress.bytes += chunk.length));
  let number = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  try {
    for await (const chunk of name.endsWith('.gz') ? gunzipped(raw) : plain(raw)) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        pendingBytes += end - start;
        pending.push(chunk.subarray(start, end));
        yield finish((number += 1), pending, pendingBytes);
        pending = [];
        pendingBytes = 0;
        start = end + 1;
      }
      pendingBytes += chunk.length - start;
      if (pendingBytes <= lineBytesMax) pending.push(chunk.subarray(start));
    }
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', `cannot read ${name} after line ${number}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    raw.destroy();
  }
  if (pendingBytes > 0) yield finish(number + 1, pending, pendingBytes);
}

/** No JSON text begins with these. */
const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** The bytes of `raw`, decompressed where they begin as gzip: standard input has no name that could say so. */
async function* plain(raw: Readable): AsyncGenerator<Buffer> {
  const chunks = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < gzipMagic.length) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  const whole = withHead(head, chunks);
  yield* head.subarray(0, gzipMagic.length).equals(gzipMagic) ? gunzipped(Readable.from(whole)) : whole;
}

async function* withHead(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function gunzipped(raw: Readable): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  // The failure reaches the reader of `gunzip`.
  pipeline(raw, gunzip, () => undefined);
  return gunzip;
}

function finish(number: number, parts: readonly Buffer[], bytes: number): Line {
  if (bytes > lineBytesMax) return { number, bytes: null };
  const [only] = parts;
  const line = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  const withoutReturn = line.at(-1) === 13 ? line.subarray(0, -1) : line;
  const hasMark = number === 1 && withoutReturn.subarray(0, 3).equals(byteOrderMark);
  return { number, bytes: hasMark ? withoutReturn.subarray(3) : withoutReturn };
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
