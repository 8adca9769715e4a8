/** Where training of a multi-vector head begins: the leading principal axes of token rows, each divided by a power of its spread. */
import type { RowMap } from './multi-head.js';
import type { PrincipalAxes } from './principal-axes.js';

/**
 * The map to the `dim` leading axes around the mean, each divided by its variance to the power `scaling`: 0 is PCA, 1/4 is division by
 * the root of the singular value. In units in which mapped rows have a mean square length of 1.
 */
export function projectionStart({ mean, variances, axes }: PrincipalAxes, dim: number, scaling: number): RowMap {
  const inputDim = mean.length;
  const scales = Float64Array.from({ length: dim }, (_, i) => variances[i]! ** -scaling);
  const unit = 1 / Math.sqrt(scales.reduce((sum, scale, i) => sum + scale * scale * variances[i]!, 0));
  const matrix = new Float32Array(inputDim * dim);
  const offset = new Float32Array(dim);
  for (let i = 0; i < dim; i++) {
    const by = scales[i]! * unit;
    let along = 0;
    for (let j = 0; j < inputDim; j++) {
      const value = axes[i * inputDim + j]! * by;
      matrix[j * dim + i] = value;
      along += value * mean[j]!;
    }
    offset[i] = along;
  }
  return { matrix, offset };
}
