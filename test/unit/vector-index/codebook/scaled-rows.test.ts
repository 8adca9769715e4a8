import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { maxSimCodesExact, prepareMaxSim } from '../../../../kernels/kernels.js';
import { trainResidualBuckets } from '../../../../trainer/residual-buckets.js';
import { trainScaledBuckets } from '../../../../trainer/residual-scales.js';
import { normalizeRows } from '../../../../trainer/rows.js';
import { nearestScale } from '../../../../vector-index/codebook/scaled-rows.js';
import { TokenCodec, type CodeBits } from '../../../../vector-index/codebook/token-codec.js';

/** Unit rows around `centroids`, at distances from `near` to `far`, with dimensions of different spread. */
function rowsAround(
  centroids: Float32Array,
  dim: number,
  { seed, near, far }: { seed: number; near: number; far: number },
): Float32Array {
  const random = seededRandom(seed);
  const count = 600;
  const rows = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const base = random.below(centroids.length / dim) * dim;
    const size = (near + ((far - near) * row) / count) / Math.sqrt(dim);
    for (let j = 0; j < dim; j++)
      rows[row * dim + j] = centroids[base + j]! + random.normal() * size * (0.5 + (j % 4) / 3);
  }
  normalizeRows(rows, dim);
  return rows;
}

function centroidsOf(dim: number): Float32Array {
  const random = seededRandom(3);
  const centroids = Float32Array.from({ length: 5 * dim }, () => random.normal());
  normalizeRows(centroids, dim);
  return centroids;
}

function meanCosine(codec: TokenCodec, rows: Float32Array): number {
  const count = rows.length / codec.dim;
  const decoded = codec.decode(codec.encode(rows), count);
  normalizeRows(decoded, codec.dim);
  return rows.reduce((sum, value, i) => sum + value * decoded[i]!, 0) / count;
}

describe('a token codec with scales', () => {
  for (const dim of [64, 96, 1024]) {
    for (const nbits of [1, 2, 4] as CodeBits[]) {
      it(`codes rows further out than those trained on better than one without: ${dim} dimensions, ${nbits} bits`, () => {
        const centroids = centroidsOf(dim);
        const trained = rowsAround(centroids, dim, { seed: 1, near: 0.3, far: 0.9 });
        const shape = { dim, nbits, centroids };
        const scaled = TokenCodec.create({ ...shape, ...trainScaledBuckets(trained, centroids, { dim, nbits }) });
        const plain = TokenCodec.create({ ...shape, ...trainResidualBuckets(trained, centroids, { dim, nbits }) });
        const rows = rowsAround(centroids, dim, { seed: 2, near: 0.4, far: 1.3 });
        assert.ok(meanCosine(scaled, rows) > meanCosine(plain, rows));
      });
    }
  }

  it('is scored by the kernels as its decoded rows are, and survives its file', async () => {
    const dim = 64;
    const centroids = centroidsOf(dim);
    const rows = rowsAround(centroids, dim, { seed: 5, near: 0.3, far: 1.2 });
    const buckets = trainScaledBuckets(rows, centroids, { dim, nbits: 2 });
    const made = TokenCodec.create({ dim, nbits: 2, centroids, ...buckets });
    const codec = TokenCodec.parse(made.serialize());
    assert.equal(codec.version, made.version);
    const record = codec.encode(rows.subarray(0, 30 * dim));
    assert.deepEqual(record, made.encode(rows.subarray(0, 30 * dim)));
    const decoded = codec.decode(record, 30);
    const query = rows.subarray(100 * dim, 101 * dim);
    const [score = NaN] = await maxSimCodesExact(prepareMaxSim(codec, query), record, {
      offsets: BigUint64Array.of(0n),
      counts: Uint32Array.of(30),
    });
    const products = Array.from({ length: 30 }, (_, t) =>
      query.reduce((sum, value, j) => sum + value * decoded[t * dim + j]!, 0),
    );
    assert.ok(Math.abs(score - Math.max(...products)) < 1e-4);
  });

  it('takes the scale nearest by its ratio', () => {
    const scales = Float32Array.of(1, 2, 4);
    assert.deepEqual(
      [0.1, 1.4, 1.5, 2.8, 2.9, 9].map((size) => nearestScale(scales, size)),
      [0, 0, 1, 1, 2, 2],
    );
  });

  it('codes a row of zeros, and one that is its centroid', () => {
    const dim = 64;
    const centroids = centroidsOf(dim);
    const rows = rowsAround(centroids, dim, { seed: 6, near: 0.3, far: 0.9 });
    const codec = TokenCodec.create({
      ...{ dim, nbits: 2, centroids },
      ...trainScaledBuckets(rows, centroids, { dim, nbits: 2 }),
    });
    const given = new Float32Array(2 * dim);
    given.set(centroids.subarray(0, dim), dim);
    const decoded = codec.decode(codec.encode(given), 2);
    assert.ok(decoded.subarray(0, dim).every((value) => Math.abs(value) === 0));
    const product = decoded.subarray(dim).reduce((sum, value, j) => sum + value * centroids[j]!, 0);
    assert.ok(product > 0.85, `${product}`);
  });
});
