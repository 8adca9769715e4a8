/** Memory as columns of mapped segments have it: kernels read 64 bytes at a time, and twice as slowly what lies in two cache lines. */
import { callKernels as call } from './native.js';

const lineBytes = 64;

/** `length` zeros, of which the first begins a cache line. Portable kernels do without. */
export function alignedBytes(length: number): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(length + lineBytes);
  const past = call((kernels) => kernels.bytesPastLine(buffer));
  return new Uint8Array(buffer, past === 0 ? 0 : lineBytes - past, length);
}
