/** A positive weight of each row: softplus of a linear map. */
import { rowFeatures, softplus } from '../../vector-index/codebook/sparse-head.js';

/** The bias at which a row without any feature has the weight 1: softplus(bias) = 1. */
export const unitBias = Math.log(Math.E - 1);

/** float64[n]: softplus(x · a + b) of each of `rows` float32[n, inputDim] by `weights`, a and behind it b. */
export function rowWeights(rows: Float32Array, weights: Float32Array): Float64Array {
  return rowFeatures(rows, weights).map(softplus);
}

/**
 * Derivatives by `weights` of what has the derivatives `slopes` by the softplus weights `found` of `rows`: float32, as long as weights.
 * The derivative of softplus is 1 − exp(−softplus).
 */
export function rowWeightsGradient(rows: Float32Array, found: Float64Array, slopes: Float64Array): Float32Array {
  const inputDim = found.length === 0 ? 0 : rows.length / found.length;
  const gradient = new Float32Array(inputDim + 1);
  found.forEach((weight, row) => {
    const slope = slopes[row]! * -Math.expm1(-weight);
    for (let j = 0; j < inputDim; j++) gradient[j]! += slope * rows[row * inputDim + j]!;
    gradient[inputDim]! += slope;
  });
  return gradient;
}
