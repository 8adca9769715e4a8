/** Trains the token codec that ships with the default model. */
import { seededRandom } from '../../base/random.js';
import { trainKmeans } from '../../trainer/kmeans.js';
import { trainScaledBuckets } from '../../trainer/residual-scales.js';
import { TokenCodec, type CodeBits } from '../../vector-index/codebook/token-codec.js';

export interface CodecOptions {
  readonly dim: number;
  readonly centroids: number;
  readonly nbits: CodeBits;
  readonly iterations: number;
  readonly seed: number;
  onProgress(line: string): void;
}

/** Share of the rows that measures residuals and trains no centroid. */
const heldOutShare = 0.05;

/** A codec for rows like `rows` float32[n, dim], which are in random order of passages. */
export function trainCodec(rows: Float32Array, options: CodecOptions): TokenCodec {
  const { dim, nbits } = options;
  const heldOut = Math.ceil((rows.length / dim) * heldOutShare) * dim;
  const centroids = trainKmeans(rows.subarray(heldOut), {
    dim,
    count: options.centroids,
    iterations: options.iterations,
    random: seededRandom(options.seed),
    onIteration: (iteration, meanScore) =>
      options.onProgress(`k-means ${iteration + 1}: mean inner product ${meanScore.toFixed(4)}`),
  });
  const buckets = trainScaledBuckets(rows.subarray(0, heldOut), centroids, { dim, nbits });
  return TokenCodec.create({ dim, nbits, centroids, ...buckets });
}
