import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { holdOut, questionsOf } from '../../../../shard-node/training/held-questions.js';
import type { SplitOrder } from '../../../../shard-node/training/run-training.js';
import { circle } from './small-structures.js';

const bare = { dim: 2, seed: 1, shortQueries: new Float32Array(0) };

/** Rows [i, 0]. */
function numbered(count: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? at / 2 : 0));
}

function numbersIn(rows: Float32Array): number[] {
  return [...rows].filter((_, at) => at % 2 === 0);
}

describe('what a training is measured with', () => {
  it('is a tenth of the vectors, three hundred at most, which it is not trained on', () => {
    for (const [count, held] of [
      [50, 5],
      [5_000, 300],
    ] as const) {
      const { vectors, queries } = holdOut({ dim: 2, vectors: numbered(count) }, seededRandom(3));
      assert.deepEqual([queries.length, vectors.length], [2 * held, 2 * (count - held)]);
      const all = [...numbersIn(queries), ...numbersIn(vectors)].sort((left, right) => left - right);
      assert.deepEqual(all, [...Array(count).keys()]);
    }
  });

  it('is half of the short questions, which it does not learn from; all of them where nothing is learned', () => {
    const of = (count: number, split?: SplitOrder) => {
      const task = { ...bare, shortQueries: numbered(count), ...(split === undefined ? {} : { split }) };
      const { learned, held } = questionsOf(task, circle(4), circle(40));
      assert.deepEqual([...numbersIn(held), ...numbersIn(learned)], [...Array(count).keys()]);
      return held.length / 2;
    };
    const split = {} as SplitOrder;
    assert.deepEqual([of(7), of(2_000), of(7, split), of(2_000, split)], [4, 300, 7, 300]);
  });

  it('is something far from the vectors where there are no short questions', () => {
    const { learned, held } = questionsOf(bare, circle(4), circle(40));
    assert.equal(learned.length, 0);
    assert.ok(held.length > 0 && held.every(Number.isFinite));
    assert.deepEqual(questionsOf(bare, circle(4), circle(40)).held, held);
  });
});
