/**
 * Columns as bytes: typed arrays to and from the little-endian `bytes` fields of the wire and of files.
 *
 * Readers copy, since a decoded buffer's alignment is luck; writers hand out views and copy nothing. Shoal runs on little-endian
 * machines only, which `assertLittleEndian` checks once at start.
 */
import { ShoalError } from './errors.js';

/** The bytes of `array` as a view; the caller keeps ownership and must not change it while the view is in use. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The bytes of `array` as a Buffer view, which generated message types want; the same ownership as `bytesOf`. */
export function bufferOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** A copy of `bytes` as float32. INVALID_ARGUMENT unless the length is a multiple of 4; `what` names the field. */
export function float32From(bytes: Uint8Array, what: string): Float32Array {
  return new Float32Array(aligned(bytes, 4, what));
}

/** A copy of `bytes` as float64. */
export function float64From(bytes: Uint8Array, what: string): Float64Array {
  return new Float64Array(aligned(bytes, 8, what));
}

/** A copy of `bytes` as uint32. */
export function uint32From(bytes: Uint8Array, what: string): Uint32Array {
  return new Uint32Array(aligned(bytes, 4, what));
}

/** A copy of `bytes` as uint16 (also the raw bits of fp16). */
export function uint16From(bytes: Uint8Array, what: string): Uint16Array {
  return new Uint16Array(aligned(bytes, 2, what));
}

/** A copy of `bytes` as uint64. */
export function uint64From(bytes: Uint8Array, what: string): BigUint64Array {
  return new BigUint64Array(aligned(bytes, 8, what));
}

/** Throws FAILED_PRECONDITION on a big-endian machine. */
export function assertLittleEndian(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new ShoalError('FAILED_PRECONDITION', 'Shoal runs on little-endian machines only');
  }
}

function aligned(bytes: Uint8Array, width: number, what: string): ArrayBuffer {
  if (bytes.byteLength % width !== 0) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${what} has ${bytes.byteLength} bytes, which is not a multiple of ${width}`,
    );
  }
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
