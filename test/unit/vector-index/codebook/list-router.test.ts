import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { assignNearest } from '../../../../kernels/kernels.js';
import { ListRouter } from '../../../../vector-index/codebook/list-router.js';

const dim = 40;

function randomRows(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * dim }, () => random.normal());
}

/** All lists, nearest first, by products in another order of rounding. */
function ordered(rows: Float32Array, query: Float32Array): number[] {
  const { scores } = assignNearest(rows, query, dim);
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
}

describe('a router of lists', () => {
  it('finds the nearest of 100 lists, nearest first', () => {
    const rows = randomRows(100, 1);
    const router = new ListRouter(rows, dim);
    for (let seed = 2; seed < 22; seed++) {
      const query = randomRows(1, seed);
      const expected = ordered(rows, query);
      for (const n of [1, 7, 90]) assert.deepEqual([...router.nearest(query, n)], expected.slice(0, n));
    }
  });

  it('finds nearly all of the nearest of 3,000 lists, and the first of them, nearest first', () => {
    const all = randomRows(3_020, 1);
    const rows = all.subarray(20 * dim);
    const router = new ListRouter(rows, dim);
    let shared = 0;
    for (let at = 0; at < 20; at++) {
      const query = all.subarray(at * dim, (at + 1) * dim);
      const expected = ordered(rows, query);
      const found = [...router.nearest(query, 90)];
      assert.deepEqual(
        found,
        expected.filter((list) => found.includes(list)),
      );
      assert.deepEqual([...router.nearest(query, 3)], expected.slice(0, 3));
      shared += found.filter((list) => expected.indexOf(list) < 90).length;
    }
    assert.ok(shared > 0.96 * 20 * 90, `${shared} of ${20 * 90}`);
  });

  it('orders all lists where all are asked for, or more, and none where none is', () => {
    const rows = randomRows(2_000, 3);
    const [router, query] = [new ListRouter(rows, dim), randomRows(1, 4)];
    assert.deepEqual([...router.nearest(query, 2_000)], ordered(rows, query));
    assert.equal(router.nearest(query, 9_999).length, 2_000);
    assert.equal(router.nearest(query, 0).length, 0);
  });

  it('prefers the smaller of equal lists', () => {
    const rows = new Float32Array(700 * dim).fill(1);
    rows.fill(2, 650 * dim, 651 * dim);
    const router = new ListRouter(rows, dim);
    assert.deepEqual([...router.nearest(new Float32Array(dim).fill(1), 3)], [650, 0, 1]);
  });
});
