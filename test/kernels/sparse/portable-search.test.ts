import assert from 'node:assert/strict';
import type { Random } from '../../../base/random.js';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bitsOf, onBoth, testRandom } from '../pair.js';

interface Shape {
  readonly rowCount: number;
  /** Share of the rows that have each term. */
  readonly shares: readonly number[];
  readonly k: number;
  /** Share of the rows that live; null = all, without a bitmap. */
  readonly living?: number;
  readonly hasTies?: boolean;
  readonly floor?: number;
  /** Weights are one of so many values: few make many ties. */
  readonly values?: number;
  readonly signed?: boolean;
}

interface Collection {
  readonly rows: Uint32Array;
  readonly weights: Uint16Array;
  readonly terms: Uint32Array;
  readonly factors: Float32Array;
  readonly live: Uint8Array | null;
  readonly ties: BigUint64Array | null;
  readonly limits: Float64Array;
}

function collection(random: Random, shape: Shape): Collection {
  const { rowCount, shares, living, hasTies = false, floor = 0, values = 1000, signed = false } = shape;
  const rows: number[] = [];
  const terms: number[] = [];
  const heights: number[] = [];
  for (const share of shares) {
    const start = rows.length;
    for (let row = 0; row < rowCount; row++) {
      if (random.unit() >= share) continue;
      rows.push(row);
      heights.push(((1 + random.below(values)) / values) * (signed && random.below(4) === 0 ? -1 : 1));
    }
    terms.push(start, rows.length);
  }
  const weights = new Uint16Array(rows.length);
  portableKernels.toFloat16(Float32Array.from(heights), weights);
  const factors = Float32Array.from(
    shares,
    (share) => Math.log(1 + 1 / (share + 0.01)) * (signed && random.below(3) === 0 ? -1 : 1),
  );
  return {
    rows: Uint32Array.from(rows),
    weights,
    terms: Uint32Array.from(terms),
    factors,
    live: living === undefined ? null : bitmap(rowCount, () => random.unit() < living),
    ties: hasTies ? BigUint64Array.from({ length: rowCount }, (_, row) => BigInt((row * 7919) % rowCount)) : null,
    limits: Float64Array.of(rowCount, floor),
  };
}

function bitmap(count: number, has: () => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let at = 0; at < count; at++) if (has()) bits[at >> 3]! |= 1 << (at & 7);
  return bits;
}

function search(kernels: NativeKernels, of: Collection, k: number, cancel = new Uint8Array(1)) {
  const rows = new Uint32Array(k);
  const scores = new Float32Array(k);
  const columns = [of.rows, of.weights, of.terms, of.factors, of.live, of.ties] as const;
  const count = kernels.searchPostings(...columns, of.limits, cancel, rows, scores);
  const found = Math.max(0, count);
  return { count, rows: [...rows.subarray(0, found)], scores: [...bitsOf(scores.subarray(0, found))] };
}

/** What the search means: all sums, then the best of them. */
function exhaustive(of: Collection, k: number) {
  const scores = new Float32Array(of.limits[0]!);
  const columns = [
    of.rows,
    of.weights,
    of.terms.filter((_, i) => i % 2 === 0),
    of.terms.filter((_, i) => i % 2 === 1),
  ] as const;
  portableKernels.accumulateSparse(...columns, of.factors, scores);
  const tie = (row: number): number => (of.ties === null ? row : Number(of.ties[row]!));
  const isIn = (row: number): boolean => of.live === null || ((of.live[row >> 3]! >> (row & 7)) & 1) === 1;
  const rows = [...scores.keys()].filter((row) => scores[row]! > 0 && scores[row]! >= of.limits[1]! && isIn(row));
  rows.sort((a, b) => scores[b]! - scores[a]! || tie(a) - tie(b));
  const best = rows.slice(0, k);
  return { count: best.length, rows: best, scores: [...bitsOf(Float32Array.from(best, (row) => scores[row]!))] };
}

const stop = [0.5, 0.6, 0.4];
const shapes: Record<string, Shape> = {
  'one rare term': { rowCount: 9000, shares: [0.001], k: 10 },
  'rare terms before stop words': {
    rowCount: 20_000,
    shares: [0.002, 0.01, ...stop],
    k: 10,
  },
  'stop words alone': { rowCount: 9000, shares: stop, k: 100 },
  'a term in every row': { rowCount: 9000, shares: [0.01, 1], k: 20 },
  'few values, so that most scores are ties': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 50, values: 2 },
  'ties by a column': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 50, values: 2, hasTies: true },
  'dead rows': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 30, living: 0.8 },
  'a filter that few rows pass': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 30, living: 0.01 },
  'a filter that no row passes': { rowCount: 5000, shares: [0.3], k: 30, living: 0 },
  'a floor': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 30, floor: 3.5 },
  'more wanted than there are': { rowCount: 300, shares: [0.1, 0.2], k: 5000 },
  'negative factors and weights': { rowCount: 13_000, shares: [0.01, 0.05, ...stop], k: 40, signed: true },
  'no row': { rowCount: 0, shares: [0.5], k: 3 },
  '64 terms': { rowCount: 9000, shares: Array.from({ length: 64 }, (_, t) => 0.001 * 1.1 ** t), k: 25 },
};

describe('the search over postings', () => {
  for (const [name, shape] of Object.entries(shapes)) {
    it(`finds what adding up everything finds, to the bit: ${name}`, async () => {
      const of = collection(testRandom(), shape);
      const { expected, actual } = await onBoth((kernels) => search(kernels, of, shape.k));
      assert.deepEqual(actual, exhaustive(of, shape.k));
      assert.deepEqual(expected, actual);
    });
  }

  it('finds it in a hundred random collections', async () => {
    const random = testRandom();
    for (let round = 0; round < 100; round++) {
      const shape: Shape = {
        rowCount: 1 + random.below(10_000),
        shares: Array.from({ length: 1 + random.below(8) }, () => random.unit() ** 4),
        k: 1 + random.below(60),
        hasTies: random.below(2) === 0,
        values: random.below(2) === 0 ? 3 : 500,
        signed: random.below(4) === 0,
        floor: random.below(3) === 0 ? random.unit() * 3 : 0,
        ...(random.below(2) === 0 ? { living: random.unit() } : {}),
      };
      const of = collection(random, shape);
      const { expected, actual } = await onBoth((kernels) => search(kernels, of, shape.k));
      assert.deepEqual(actual, exhaustive(of, shape.k), JSON.stringify(shape));
      assert.deepEqual(expected, actual, JSON.stringify(shape));
    }
  });

  it('takes infinite weights, and keeps no NaN', async () => {
    const of = collection(testRandom(), { rowCount: 9000, shares: [0.01, 0.5], k: 10 });
    of.weights.set([0x7c00, 0x7e00, 0xfc00], 3);
    const { expected, actual } = await onBoth((kernels) => search(kernels, of, 10));
    assert.deepEqual(actual, exhaustive(of, 10));
    assert.deepEqual(expected, actual);
  });

  it('survives postings of any content', async () => {
    const random = testRandom();
    for (let round = 0; round < 40; round++) {
      const of = collection(random, {
        rowCount: 6000,
        shares: [0.02, 0.3, 0.5],
        k: 10,
        living: round % 2 === 0 ? 0.9 : 0.01,
      });
      for (let flip = 0; flip < 200; flip++) {
        of.rows[random.below(of.rows.length)] = random.below(2 ** 32);
        of.weights[random.below(of.weights.length)] = random.below(65_536);
      }
      await onBoth((kernels) => assert.ok(search(kernels, of, 10).count <= 10));
    }
  });

  it('ends when it is cancelled', async () => {
    const of = collection(testRandom(), { rowCount: 30_000, shares: stop, k: 10 });
    await onBoth((kernels) => assert.equal(search(kernels, of, 10, Uint8Array.of(1)).count, -1));
  });

  it('refuses what does not fit together', async () => {
    const of = collection(testRandom(), { rowCount: 3000, shares: [0.3, 0.2], k: 10, living: 0.5 });
    const broken: Partial<Collection>[] = [
      { terms: Uint32Array.of(0, of.rows.length + 1, 0, 1) },
      { terms: Uint32Array.of(5, 4, 0, 1) },
      { factors: Float32Array.of(1) },
      { live: new Uint8Array(3) },
      { ties: new BigUint64Array(5) },
    ];
    await onBoth((kernels) => {
      for (const wrong of broken) assert.throws(() => search(kernels, { ...of, ...wrong }, 10));
    });
  });
});
