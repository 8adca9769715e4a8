/** Portable twin of mapped-file.h: the file is read into memory. Closing detaches the buffer, as the mapping does. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';

// One read call takes less than 2^31 bytes.
const chunkBytes = 1 << 30;

/** See `NativeKernels.mapFile`. */
export function mapFile(path: string): ArrayBuffer | number {
  try {
    return readAll(path);
  } catch (thrown) {
    // What a buffer that is too large for the memory that there is ends with.
    if (thrown instanceof RangeError) return constants.errno.ENOMEM;
    const errno = (thrown as NodeJS.ErrnoException).errno;
    if (errno === undefined) throw thrown;
    return Math.abs(errno);
  }
}

/** See `NativeKernels.adviseMapping`: all is in memory already. */
export function adviseMapping(): number {
  return 0;
}

/** See `NativeKernels.isTornMapping`: what becomes of the file later does not touch what is in memory. */
export function isTornMapping(): number {
  return 0;
}

/** See `NativeKernels.unmapFile`. */
export function unmapFile(buffer: ArrayBuffer): void {
  structuredClone(buffer, { transfer: [buffer] });
}

function readAll(path: string): ArrayBuffer {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(fstatSync(descriptor).size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, Math.min(chunkBytes, bytes.length - at), at);
      if (read === 0) break;
      at += read;
    }
    return at === bytes.length ? bytes.buffer : bytes.buffer.slice(0, at);
  } finally {
    closeSync(descriptor);
  }
}
