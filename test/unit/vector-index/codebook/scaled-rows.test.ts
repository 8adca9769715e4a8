import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import {
  assignNearest,
  maxSimCodes,
  maxSimCodesExact,
  maxSimCodesMatches,
  prepareMaxSim,
} from '../../../../kernels/kernels.js';
import { trainResidualBuckets } from '../../../../trainer/residual-buckets.js';
import { trainScaledBuckets } from '../../../../trainer/residual-scales.js';
import { normalizeRows } from '../../../../trainer/rows.js';
import { centreRows } from '../../../../vector-index/codebook/centred-rows.js';
import { nearestGain, residualScale, rowUnits } from '../../../../vector-index/codebook/scaled-rows.js';
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

function residualsOf(rows: Float32Array, centroids: Float32Array, dim: number): Float32Array {
  const { assignments } = assignNearest(rows, centroids, dim);
  return rows.map((value, i) => value - centroids[assignments[Math.floor(i / dim)]! * dim + (i % dim)]!);
}

function product(
  dim: number,
  [left, l]: readonly [Float32Array, number],
  [right, r]: readonly [Float32Array, number],
): number {
  return left.subarray(l * dim, (l + 1) * dim).reduce((sum, value, j) => sum + value * right[r * dim + j]!, 0);
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
        const { directions } = centreRows(trained, dim);
        const scaled = TokenCodec.create({ ...shape, ...trainScaledBuckets(directions, centroids, { dim, nbits }) });
        const plain = TokenCodec.create({
          ...shape,
          ...trainResidualBuckets(residualsOf(trained, centroids, dim), nbits),
        });
        const rows = rowsAround(centroids, dim, { seed: 2, near: 0.4, far: 1.3 });
        assert.ok(meanCosine(scaled, rows) > meanCosine(plain, rows));
      });
    }
  }

  it('is scored by the kernels as its decoded rows are, and survives its file', async () => {
    const dim = 64;
    const centroids = centroidsOf(dim);
    const rows = rowsAround(centroids, dim, { seed: 5, near: 0.3, far: 1.2 });
    const buckets = trainScaledBuckets(centreRows(rows, dim).directions, centroids, { dim, nbits: 2 });
    const made = TokenCodec.create({ dim, nbits: 2, centroids, ...buckets });
    const codec = TokenCodec.parse(made.serialize());
    assert.equal(codec.version, made.version);
    const counts = [30, 0, 17];
    const records = [0, 0, 30].map((from, d) => codec.encode(rows.subarray(from * dim, (from + counts[d]!) * dim)));
    assert.deepEqual(records[0], made.encode(rows.subarray(0, 30 * dim)));
    const column = Buffer.concat(records);
    const documents = {
      offsets: BigUint64Array.of(0n, 0n, BigInt(records[0]!.length)),
      counts: Uint32Array.from(counts),
    };
    const query = rows.subarray(100 * dim, 103 * dim);
    const best = counts.flatMap((count, d) => {
      const decoded = codec.decode(records[d]!, count);
      return [0, 1, 2].map((q) =>
        count === 0
          ? NaN
          : Math.max(...Array.from({ length: count }, (_, t) => product(dim, [query, q], [decoded, t]))),
      );
    });
    const sums = counts.map((_, d) => best.slice(3 * d, 3 * d + 3).reduce((sum, score) => sum + score, 0));
    const near = (found: Float32Array, expected: readonly number[], tolerance: number): void =>
      expected.forEach((score, i) =>
        assert.ok(Number.isNaN(score) ? Number.isNaN(found[i]!) : Math.abs(found[i]! - score) < tolerance),
      );
    const prepared = prepareMaxSim(codec, query);
    near(await maxSimCodesExact(prepared, column, documents), sums, 1e-4);
    near(await maxSimCodes(prepared, column, documents), sums, 0.03);
    near((await maxSimCodesMatches(prepared, column, documents)).scores, best, 1e-4);
    const cut = column.subarray(0, column.length - 1);
    await assert.rejects(maxSimCodes(prepared, cut, documents), { code: 'INTERNAL' });
  });

  it('takes the gain nearest to the cosine', () => {
    const gains = Float32Array.of(0.25, 0.5, 0.75);
    assert.deepEqual(
      [-0.1, 0.375, 0.376, 0.625, 0.626, 1, NaN].map((cosine) => nearestGain(gains, cosine)),
      [0, 0, 1, 1, 2, 2, 0],
    );
  });

  it('has a centroid for every gain, in units of its residuals', () => {
    const means = Float32Array.of(1, 0, 0.6, 0.8);
    const units = rowUnits(means, 2, { spreads: Float32Array.of(1, 2), gains: Float32Array.of(0.5, 0.6) });
    const expected = [0, 2].flatMap((base) =>
      [0.5, 0.6].flatMap((gain) =>
        [1, 2].map((spread, j) => (means[base + j]! * gain) / (residualScale(gain, 2) * spread)),
      ),
    );
    assert.equal(units.centroids.length, expected.length);
    expected.forEach((value, i) => assert.ok(Math.abs(units.centroids[i]! - value) < 1e-6));
    assert.deepEqual([...units.squares], [1, 4]);
  });

  it('gives rows that are their mean exactly, and zeros for zeros', () => {
    const dim = 64;
    const centroids = centroidsOf(dim);
    const { directions } = centreRows(rowsAround(centroids, dim, { seed: 6, near: 0.3, far: 0.9 }), dim);
    const buckets = trainScaledBuckets(directions, centroids, { dim, nbits: 2 });
    const codec = TokenCodec.create({ dim, nbits: 2, centroids, ...buckets });
    const row = Float32Array.from({ length: dim }, (_, j) => [0, 127, -64][j % 3]! / 1024);
    assert.deepEqual(codec.decode(codec.encode(row), 1), row);
    const twice = Float32Array.from([...row, ...row]);
    assert.deepEqual(codec.decode(codec.encode(twice), 2), twice);
    const zeros = new Float32Array(2 * dim);
    assert.ok(codec.decode(codec.encode(zeros), 2).every((value) => Math.abs(value) === 0));
    assert.equal(codec.encode(new Float32Array(0)).length, 0);
  });
});
