import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { codeRecalls } from '../../../../trainer/structure/code-recall.js';
import { trueNeighbours } from '../../../../trainer/structure/held-out.js';
import { trainStructure } from '../../../../trainer/structure/train-structure.js';
import { nearestList } from '../../../../vector-index/codebook/structure.js';

const dim = 16;

/** Vectors around eight places. */
function sample(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const places = Float32Array.from({ length: 8 * dim }, () => random.normal());
  return Float32Array.from({ length: count * dim }, (_, i) => {
    const place = Math.floor(i / dim) % 8;
    return places[place * dim + (i % dim)]! + random.normal() / 3;
  });
}

describe('the recall of codes', () => {
  const vectors = sample(4_000, 1);
  const held = trueNeighbours(sample(4_000, 1).slice(0, 40 * dim), vectors, dim);
  const { structure, codebook } = trainStructure(
    { dim, vectors, queries: null },
    { lists: 8, random: seededRandom(2) },
  );

  it('is that of the passes of a search', async () => {
    const [lists, none] = [await nearestList(structure, vectors), { queries: [], rows: [] }];
    const [near, empty] = codeRecalls([held, none], { structure: { version: 1, structure, codebook }, vectors, lists });
    assert.ok(near! > 0.98 && near! <= 1, String(near));
    assert.equal(empty, 1);
  });

  it('tells codes that say nothing', async () => {
    const lists = await nearestList(structure, vectors);
    const words = new Float32Array(codebook.words.length).fill(0.001);
    // Longer than any vector, so that the factors say nothing either.
    const blank = { ...codebook, words, rescale: 1e6, anchor: 1e6 };
    const [near] = codeRecalls([held], { structure: { version: 1, structure, codebook: blank }, vectors, lists });
    assert.ok(near! < 0.5, String(near));
  });
});
