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
  for (const lists of [100, 3_000]) {
    it(`finds the nearest of ${lists} lists, nearest first`, () => {
      const rows = randomRows(lists, 1);
      const router = new ListRouter(rows, dim);
      for (let seed = 2; seed < 22; seed++) {
        const query = randomRows(1, seed);
        const expected = ordered(rows, query);
        for (const n of [1, 7, 90]) assert.deepEqual([...router.nearest(query, n)], expected.slice(0, n));
      }
    });
  }

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
