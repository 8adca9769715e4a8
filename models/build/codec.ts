/** Trains the token codec that ships with the default model. */
import { assert } from '../../base/assert.js';
import { seededRandom } from '../../base/random.js';
import { trainKmeans } from '../../trainer/kmeans.js';
import { trainScaledBuckets } from '../../trainer/residual-scales.js';
import { centreRows } from '../../vector-index/codebook/centred-rows.js';
import { TokenCodec, type CodeBits } from '../../vector-index/codebook/token-codec.js';

export interface CodecOptions {
  readonly dim: number;
  /** Rows of each passage, in order. */
  readonly counts: readonly number[];
  readonly centroids: number;
  readonly nbits: CodeBits;
  readonly iterations: number;
  readonly seed: number;
  onProgress(line: string): void;
}

/** Share of the rows that measures residuals and trains no centroid. */
const heldOutShare = 0.05;

/** A codec for rows like `rows` float32[n, dim], which are in random order of passages. Takes a copy of them all. */
export function trainCodec(rows: Float32Array, options: CodecOptions): TokenCodec {
  const { dim, nbits, counts } = options;
  const directions = centredPassages(rows, dim, counts);
  const heldOut = Math.ceil((rows.length / dim) * heldOutShare) * dim;
  const centroids = trainKmeans(directions.subarray(heldOut), {
    dim,
    count: options.centroids,
    iterations: options.iterations,
    random: seededRandom(options.seed),
    onIteration: (iteration, meanScore) =>
      options.onProgress(`k-means ${iteration + 1}: mean inner product ${meanScore.toFixed(4)}`),
  });
  const buckets = trainScaledBuckets(directions.subarray(0, heldOut), centroids, { dim, nbits });
  return TokenCodec.create({ dim, nbits, centroids, ...buckets });
}

function centredPassages(rows: Float32Array, dim: number, counts: readonly number[]): Float32Array {
  assert(counts.reduce((sum, count) => sum + count, 0) * dim === rows.length, 'counts are those of the rows');
  const directions = new Float32Array(rows.length);
  let from = 0;
  for (const count of counts) {
    const to = from + count * dim;
    if (count > 0) directions.set(centreRows(rows.subarray(from, to), dim).directions, from);
    from = to;
  }
  return directions;
}
