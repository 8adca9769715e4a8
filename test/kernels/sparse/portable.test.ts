import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bitsOf, normals, onBoth, testRandom } from '../pair.js';

function postings(sizes: readonly number[], rowCount: number) {
  const random = testRandom();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const weights = new Uint16Array(total);
  portableKernels.toFloat16(normals(random, total), weights);
  const ends = Uint32Array.from(sizes, (_, t) => sizes.slice(0, t + 1).reduce((sum, size) => sum + size, 0));
  return {
    rows: Uint32Array.from({ length: total }, () => random.below(rowCount)),
    weights,
    ends,
    starts: ends.map((end, t) => end - sizes[t]!),
    factors: normals(random, sizes.length),
  };
}

function accumulate(kernels: NativeKernels, of: ReturnType<typeof postings>, count: number): Float32Array {
  const scores = new Float32Array(count);
  kernels.accumulateSparse(of.rows, of.weights, of.starts, of.ends, of.factors, scores);
  return scores;
}

interface Choice {
  readonly live: Uint8Array | null;
  readonly k: number;
  readonly minimum: number;
}

function best(kernels: NativeKernels, scores: Float32Array, { live, k, minimum }: Choice) {
  const rows = new Uint32Array(k);
  const bestScores = new Float32Array(k);
  const count = kernels.topK(scores, live, minimum, rows, bestScores);
  return { rows: [...rows.subarray(0, count)], scores: [...bestScores.subarray(0, count)] };
}

describe('sparse accumulation', () => {
  for (const sizes of [[], [0], [1], [7, 8, 9], [513, 72, 0, 100]]) {
    it(`adds terms of ${sizes.join(', ') || 'no'} postings as the reference does, to the bit`, async () => {
      const of = postings(sizes, 50);
      const { expected, actual } = await onBoth((kernels) => bitsOf(accumulate(kernels, of, 50)));
      assert.deepEqual(actual, expected);
    });
  }

  it('skips rows outside the scores', async () => {
    const of = postings([20], 1000);
    const { expected, actual } = await onBoth((kernels) => accumulate(kernels, of, 500));
    assert.deepEqual(actual, expected);
  });

  it('refuses terms outside the postings and adds nothing', async () => {
    const of = { ...postings([3, 4], 10), ends: Uint32Array.of(3, 8) };
    await onBoth((kernels) => {
      const scores = new Float32Array(10);
      assert.throws(() => kernels.accumulateSparse(of.rows, of.weights, of.starts, of.ends, of.factors, scores));
      assert.deepEqual(scores, new Float32Array(10));
    });
  });
});

describe('top k of a column', () => {
  for (const [count, k] of [
    [0, 5],
    [1, 1],
    [63, 10],
    [64, 64],
    [65, 0],
    [1000, 17],
  ] as const) {
    it(`keeps the best ${k} of ${count}, as sorting does`, async () => {
      const random = testRandom();
      const scores = Float32Array.from({ length: count }, () => random.below(40) - 10);
      const live = Uint8Array.from({ length: Math.ceil(count / 8) }, () => random.below(256));
      const { actual } = await onBoth((kernels) => best(kernels, scores, { live, k, minimum: 0 }));
      const sorted = [...scores.keys()]
        .filter((row) => scores[row]! > 0 && ((live[row >> 3]! >> (row & 7)) & 1) === 1)
        .sort((a, b) => scores[b]! - scores[a]! || a - b)
        .slice(0, k);
      assert.deepEqual(actual, { rows: sorted, scores: sorted.map((row) => scores[row]!) });
    });
  }

  it('keeps no NaN', async () => {
    const scores = Float32Array.of(NaN, 2, NaN, 1);
    const { actual } = await onBoth((kernels) => best(kernels, scores, { live: null, k: 4, minimum: -Infinity }));
    assert.deepEqual(actual.rows, [1, 3]);
  });
});
