import assert from 'node:assert/strict';
import { seededRandom, type Random } from '../../../../base/random.js';
import { assignNearest } from '../../../../kernels/kernels.js';
import { divideLists } from '../../../../trainer/structure/divide-lists.js';

const dim = 4;

/** Unit vectors about the first axis and, for each further part, about the plane of that and another one. */
function cloud(random: Random, count: number, parts: number): Float32Array {
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const vector = [1, 0, 0, 0].map((value, j) => value + (j === i % parts ? 0.5 : 0) + 0.05 * random.normal());
    const norm = Math.hypot(...vector);
    vector.forEach((value, j) => (vectors[i * dim + j] = value / norm));
  }
  return vectors;
}

const options = { dim, partSize: 60, addedMax: 100 };

describe('long lists', () => {
  it('are divided where their vectors are, until no part is too long', () => {
    const vectors = cloud(seededRandom(1), 400, 4);
    const parts = divideLists([{ list: 7, size: 400, vectors }], { ...options, random: seededRandom(2) }).get(7)!;
    const sizes = new Uint32Array(parts.length / dim);
    for (const part of assignNearest(vectors, parts, dim).assignments) sizes[part]! += 1;
    assert.ok(
      sizes.every((size) => size >= 10 && size <= 75),
      String(sizes),
    );
    for (let at = 0; at < parts.length; at += dim)
      assert.ok(Math.abs(Math.hypot(...parts.subarray(at, at + dim)) - 1) < 1e-5);
  });

  it('are divided in two where that is enough, a sample standing for all', () => {
    const vectors = cloud(seededRandom(3), 50, 2);
    const lists = [
      { list: 2, size: 5_000, vectors },
      { list: 0, size: 4_500, vectors },
    ];
    const parts = divideLists(lists, { ...options, partSize: 2_600, random: seededRandom(4) });
    assert.deepEqual(
      [...parts].map(([list, own]) => [list, own.length / dim]),
      [
        [2, 2],
        [0, 2],
      ],
    );
  });

  it('stay whole where their vectors are alike, or all but a few', () => {
    const equal = new Float32Array(200 * dim).fill(0.5);
    const nearly = equal.slice();
    nearly.set([1, 0, 0, 0], 0);
    const zeros = new Float32Array(100 * dim);
    const lists = [equal, nearly, zeros, equal.subarray(0, dim)].map((vectors, list) => ({ list, size: 200, vectors }));
    assert.equal(divideLists(lists, { ...options, random: seededRandom(5) }).size, 0);
  });

  it('take no more numbers than are left', () => {
    const vectors = cloud(seededRandom(6), 400, 4);
    const lists = [0, 1, 2].map((list) => ({ list, size: 400, vectors }));
    const parts = divideLists(lists, { ...options, addedMax: 4, random: seededRandom(7) });
    const added = [...parts.values()].reduce((sum, own) => sum + own.length / dim - 1, 0);
    assert.ok(added <= 4 && parts.get(0)!.length >= 2 * dim, String(added));
    assert.equal(divideLists(lists, { ...options, addedMax: 0, random: seededRandom(8) }).size, 0);
  });

  it('are divided alike with the same random numbers', () => {
    const vectors = cloud(seededRandom(9), 300, 3);
    const divide = () => divideLists([{ list: 1, size: 300, vectors }], { ...options, random: seededRandom(10) });
    assert.deepEqual(divide(), divide());
  });
});
