/** What some vectors leave over the bases of their lists, as codes see it: rounded to half precision, padded with zeros. */
import { assignNearest, toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';

export interface SampledResiduals {
  /** float32[n, width] */
  readonly residuals: Float32Array;
  /** uint32[n] */
  readonly lists: Uint32Array;
}

/** Of up to `most` of `vectors` float32[n, dim], evenly spread, over `bases` float32[lists, dim]; `width` ≥ dim values each. */
export function sampleResiduals(
  { dim, centroids }: Structure,
  bases: Float32Array,
  vectors: Float32Array,
  { most, width }: { readonly most: number; readonly width: number },
): SampledResiduals {
  const count = vectors.length / dim;
  const sampled = Math.min(count, most);
  const rows = new Float32Array(sampled * dim);
  for (let i = 0; i < sampled; i++) {
    const row = Math.floor((i * count) / sampled);
    rows.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  const rounded = toFloat32(toFloat16(rows));
  const { assignments: lists } = assignNearest(rounded, centroids, dim);
  const residuals = new Float32Array(sampled * width);
  for (let i = 0; i < rounded.length; i++) {
    const [row, j] = [Math.floor(i / dim), i % dim];
    residuals[row * width + j] = rounded[i]! - bases[lists[row]! * dim + j]!;
  }
  return { residuals, lists };
}
