/** Pooling against an agglomeration that looks at every pair before every merge. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { poolTokens } from '../../../../vector-index/codebook/pool-tokens.js';

const seed = 11;
const dim = 24;

function randomRows(count: number, own = seed): Float32Array {
  const random = seededRandom(own);
  return Float32Array.from({ length: count * dim }, () => random.normal());
}

function rowsOf(values: Float32Array): number[][] {
  return Array.from({ length: values.length / dim }, (_, i) => [...values.subarray(i * dim, (i + 1) * dim)]);
}

function joined(rows: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(rows.flat());
}

function unit(row: readonly number[]): number[] {
  const norm = Math.hypot(...row);
  return norm === 0 ? [...row] : row.map((value) => value / norm);
}

const sumOf = (rows: readonly (readonly number[])[]): number[] =>
  rows.reduce<number[]>((sum, row) => sum.map((value, j) => value + row[j]!), new Array<number>(dim).fill(0));

/** What joining two clusters adds to the squared distances from the means: Ward's criterion, from its definition. */
function cost(a: readonly number[][], b: readonly number[][]): number {
  const [meanA, meanB] = [a, b].map((rows) => sumOf(rows).map((value) => value / rows.length)) as [number[], number[]];
  const squared = meanA.reduce((sum, value, j) => sum + (value - meanB[j]!) ** 2, 0);
  return ((a.length * b.length) / (a.length + b.length)) * squared;
}

/** O(n³): the cheapest of all pairs is joined until ceil(n / factor) clusters are left. */
function naive(values: Float32Array, factor: number): Float32Array {
  const clusters = rowsOf(values).map((row) => [unit(row)]);
  const kept = Math.ceil(clusters.length / factor);
  while (clusters.length > kept) {
    let best = { a: 0, b: 0, cost: Infinity };
    for (let a = 0; a < clusters.length; a++) {
      for (let b = a + 1; b < clusters.length; b++) {
        const own = cost(clusters[a]!, clusters[b]!);
        if (own < best.cost) best = { a, b, cost: own };
      }
    }
    clusters[best.a]!.push(...clusters.splice(best.b, 1)[0]!);
  }
  return joined(clusters.map((rows) => unit(sumOf(rows))));
}

function assertNear(found: Float32Array, wanted: Float32Array): void {
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]!) < 1e-6, `value ${i}: ${value}, not ${wanted[i]}`));
}

describe('pooled tokens', () => {
  it('are the means of Ward’s clusters, in the order of their first rows', () => {
    for (const count of [2, 3, 7, 20, 41]) {
      for (const factor of [2, 3, 5, 16]) {
        const rows = randomRows(count, seed + count);
        assertNear(poolTokens(rows, dim, factor), naive(rows, factor));
      }
    }
  });

  it('keep every row, as it is, where one row stands for one token', () => {
    const rows = randomRows(5);
    for (const factor of [0, 1]) assert.equal(poolTokens(rows, dim, factor), rows);
  });

  it('are one row where there is one, or more are wanted for a row than there are', () => {
    assertNear(poolTokens(randomRows(1), dim, 2), joined(rowsOf(randomRows(1)).map(unit)));
    assertNear(poolTokens(randomRows(5), dim, 16), unitSum(randomRows(5)));
    assert.equal(poolTokens(new Float32Array(0), dim, 4).length, 0);
  });

  it('have unit length and heed directions alone', () => {
    const rows = randomRows(30);
    const longer = rows.map((value, i) => value * (1 + (Math.floor(i / dim) % 4)));
    const pooled = poolTokens(longer, dim, 3);
    for (const row of rowsOf(pooled)) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6);
    assertNear(pooled, poolTokens(rows, dim, 3));
  });

  it('join equal rows before others, so that none of them moves a mean', () => {
    const distinct = rowsOf(randomRows(4));
    const repeated = joined([0, 1, 0, 2, 1, 0, 3, 3].map((i) => distinct[i]!));
    assertNear(poolTokens(repeated, dim, 2), joined(distinct.map(unit)));
    const same = joined(Array.from({ length: 9 }, () => distinct[0]!));
    assertNear(poolTokens(same, dim, 2), joined(Array.from({ length: 5 }, () => unit(distinct[0]!))));
  });

  it('take a row without a direction for the origin', () => {
    const zero = new Array<number>(dim).fill(0);
    assert.deepEqual([...poolTokens(joined([zero, zero, zero]), dim, 2)], [...joined([zero, zero])]);
    const apart = rowsOf(randomRows(3));
    const near = rowsOf(randomRows(3, seed + 1)).map((row, i) => row.map((value, j) => 0.1 * value + apart[i]![j]!));
    const given = joined([zero, ...apart, ...near, zero]);
    assertNear(poolTokens(given, dim, 2), naive(given, 2));
    assert.deepEqual(rowsOf(poolTokens(given, dim, 2))[0], zero);
    const broken = Float32Array.from(given);
    broken.fill(NaN, 0, dim);
    broken[7 * dim] = Infinity;
    assertNear(poolTokens(broken, dim, 2), naive(given, 2));
  });

  it('are zero where a mean has no direction', () => {
    const [row] = rowsOf(randomRows(1));
    const opposite = row!.map((value) => -value);
    assert.deepEqual(poolTokens(joined([row!, opposite]), dim, 2), new Float32Array(dim));
  });

  it('are as many for a long document, windows pooled each for itself', () => {
    for (const [count, factor] of [
      [512, 3],
      [513, 3],
      [1_300, 16],
    ] as const) {
      const rows = randomRows(count);
      const pooled = poolTokens(rows, dim, factor);
      assert.equal(pooled.length, Math.ceil(count / factor) * dim);
      if (count <= 512) continue;
      const middle = Math.floor(count / Math.ceil(count / 512));
      const own = Math.ceil(middle / factor) * dim;
      assert.deepEqual(pooled.subarray(0, own), poolTokens(rows.subarray(0, middle * dim), dim, factor));
    }
  });

  it('are made of whole rows only', () => {
    assert.throws(() => poolTokens(new Float32Array(dim + 1), dim, 2), { code: 'INTERNAL' });
  });
});

function unitSum(rows: Float32Array): Float32Array {
  return joined([unit(sumOf(rowsOf(rows).map(unit)))]);
}
