/** A small token codec for tests: the eight unit vectors of eight dimensions, two bits a dimension. */
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';

export function toyCodec(): TokenCodec {
  const dim = 8;
  const centroids = Float32Array.from({ length: dim * dim }, (_, i) => Number(Math.floor(i / dim) === i % dim));
  const cutoffs = Float32Array.of(-0.25, 0.125, 0.375);
  return TokenCodec.create({ dim, nbits: 2, centroids, cutoffs, weights: Float32Array.of(-0.5, 0, 0.25, 0.5) });
}
