import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { trainLists, type TrainedLists } from '../../../../trainer/structure/train-lists.js';
import { cloudsOf } from './clouds.js';

const dim = 16;

function sizesOf({ assignments, means }: TrainedLists): number[] {
  const sizes = new Array<number>(means.length / dim).fill(0);
  for (const list of assignments) sizes[list]!++;
  return sizes;
}

describe('training lists', () => {
  it('leaves no list empty and none above the bound, though half of the vectors lie together', () => {
    const wide = cloudsOf({ dim, clouds: 40, vectors: 1_500, queries: 1 }).vectors;
    const narrow = cloudsOf({ dim, clouds: 1, vectors: 1_500, queries: 1, seed: 9 }).vectors;
    const vectors = Float32Array.from([...wide, ...narrow]);
    const sizes = sizesOf(trainLists(vectors, { dim, lists: 32, largestShare: 2.5, random: seededRandom(4) }));
    assert.ok(sizes.length > 28, `${sizes.length} lists`);
    assert.ok(Math.min(...sizes) >= 1);
    assert.ok(Math.max(...sizes) <= (2.5 * 3_000) / 32, `the largest has ${Math.max(...sizes)}`);
  });

  it('gives each list the mean of its vectors', () => {
    const { vectors } = cloudsOf({ dim, clouds: 5, vectors: 200, queries: 1 });
    const lists = trainLists(vectors, { dim, lists: 6, largestShare: 3, random: seededRandom(4) });
    const members = [...lists.assignments.keys()].filter((row) => lists.assignments[row] === 2);
    for (let j = 0; j < dim; j++) {
      const mean = members.reduce((sum, row) => sum + vectors[row * dim + j]!, 0) / members.length;
      assert.ok(Math.abs(mean - lists.means[2 * dim + j]!) < 1e-6);
    }
  });
});
