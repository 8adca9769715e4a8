/** Token rows of a model without a codec: plain float16, so that they can be stored at all. */
import { bytesOf, uint16From } from '../../base/bytes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';

/** `rows` (float32[tokens, dim]) as the bytes of float16 rows of the same shape. */
export function float16Rows(rows: Float32Array): Uint8Array {
  return bytesOf(toFloat16(rows));
}

/** The float32 rows of what `float16Rows` made; a copy. INVALID_ARGUMENT for an odd number of bytes. */
export function float32Rows(rows: Uint8Array): Float32Array {
  return toFloat32(uint16From(rows, 'float16 token rows'));
}
