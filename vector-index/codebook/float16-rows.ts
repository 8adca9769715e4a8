/** Token rows of a model without a codec: plain float16, so that they can be stored at all. */
import { bytesOf } from '../../base/bytes.js';
import { toFloat16 } from '../../kernels/kernels.js';

/** `rows` (float32[tokens, dim]) as the bytes of float16 rows of the same shape. */
export function float16Rows(rows: Float32Array): Uint8Array {
  return bytesOf(toFloat16(rows));
}
