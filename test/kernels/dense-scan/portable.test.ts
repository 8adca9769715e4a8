import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { never, normals, onBoth, testRandom } from '../pair.js';

const shapes: readonly (readonly [count: number, dim: number])[] = [
  [0, 8],
  [1, 1],
  [3, 7],
  [4, 8],
  [5, 15],
  [7, 16],
  [9, 17],
  [255, 31],
  [257, 32],
  [300, 33],
  [513, 72],
  [130, 384],
];

/** Rows of half bits and a query, with |difference| ≤ dim · 2^-23 · Σ|product| as the header promises. */
function collection(count: number, dim: number) {
  const random = testRandom();
  const values = normals(random, count * dim);
  const rows = new Uint16Array(values.length);
  portableKernels.toFloat16(values, rows);
  const query = normals(random, dim);
  const bounds = Float64Array.from({ length: count }, (_, r) => {
    const magnitude = query.reduce((sum, value, j) => sum + Math.abs(value * values[r * dim + j]!) * 1.001, 0);
    return magnitude * dim * 2 ** -23;
  });
  return { rows, query, bounds };
}

async function scan(kernels: NativeKernels, of: ReturnType<typeof collection>, live: Uint8Array | null, k: number) {
  const rows = new Uint32Array(k);
  const scores = new Float32Array(k);
  const count = await kernels.scanDense(of.rows, of.query, live, never(), rows, scores);
  return { rows: rows.subarray(0, count), scores: scores.subarray(0, count) };
}

describe('dense scan', () => {
  for (const [count, dim] of shapes) {
    it(`scores ${count} rows of ${dim} as the reference does, within the bound`, async () => {
      const of = collection(count, dim);
      const { expected, actual } = await onBoth((kernels) => {
        const scores = new Float32Array(count);
        kernels.scoreDense(of.rows, of.query, Uint32Array.from(scores.keys()), scores);
        return scores;
      });
      expected.forEach((score, r) => assert.ok(Math.abs(score - actual[r]!) <= of.bounds[r]!, `row ${r}`));
    });
  }

  it('finds the same best rows as the reference, of the live ones', async () => {
    const of = collection(2000, 40);
    const random = testRandom();
    const live = Uint8Array.from({ length: 250 }, () => random.below(256));
    const { expected, actual } = await onBoth((kernels) => scan(kernels, of, live, 25));
    assert.deepEqual(actual.rows, expected.rows);
    assert.ok(actual.rows.every((row) => ((live[row >> 3]! >> (row & 7)) & 1) === 1));
  });

  it('gives every living row, and no other, the score that it has alone, however few live', async () => {
    const of = collection(1019, 24);
    const random = testRandom();
    for (const percent of [0, 1, 5, 12, 13, 50, 99, 100]) {
      const alive = Array.from({ length: 1019 }, (_, row) => row).filter(() => random.below(100) < percent);
      const live = new Uint8Array(128);
      for (const row of alive) live[row >> 3]! |= 1 << (row & 7);
      const { actual } = await onBoth(async (kernels) => {
        const best = await scan(kernels, of, live, 1019);
        const alone = new Float32Array(best.rows.length);
        kernels.scoreDense(of.rows, of.query, best.rows, alone);
        return { best, alone };
      });
      assert.deepEqual(
        [...actual.best.rows].sort((left, right) => left - right),
        alive,
        `${percent} % live`,
      );
      assert.deepEqual(actual.best.scores, actual.alone);
    }
  });

  it('gives a row the same score in a scan and alone', async () => {
    const of = collection(600, 50);
    const { actual } = await onBoth(async (kernels) => {
      const best = await scan(kernels, of, null, 600);
      const alone = new Float32Array(600);
      kernels.scoreDense(of.rows, of.query, best.rows, alone);
      return { best, alone };
    });
    assert.equal(actual.best.rows.length, 600);
    assert.deepEqual(actual.best.scores, actual.alone);
  });

  it('orders equal scores by row', async () => {
    const of = { ...collection(1, 16), rows: new Uint16Array(16 * 700).fill(0x3c00) };
    const { actual } = await onBoth((kernels) => scan(kernels, of, null, 300));
    assert.deepEqual(
      actual.rows,
      Uint32Array.from({ length: 300 }, (_, r) => r),
    );
  });

  it('stops when asked to', async () => {
    const of = collection(1000, 16);
    const { actual } = await onBoth((kernels) =>
      kernels.scanDense(of.rows, of.query, null, Uint8Array.of(1), new Uint32Array(1), new Float32Array(1)),
    );
    assert.equal(actual, -1);
  });

  it('sums bytes exactly, whatever their number', async () => {
    const random = testRandom();
    for (const size of [0, 1, 31, 127, 128, 129, 1000]) {
      const bytes = Uint8Array.from({ length: size }, () => random.below(256));
      const { expected, actual } = await onBoth((kernels) => kernels.sumBytes(bytes));
      assert.equal(actual, expected, `${size} bytes`);
    }
  });
});
