import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { SplitLists, type SplitStructure } from '../../../../vector-index/codebook/split-lists.js';
import { nearestList, type Structure } from '../../../../vector-index/codebook/structure.js';

/** Two lists, of which the first was split into three, one after the other. */
const structure: SplitStructure & Structure = {
  dim: 2,
  centroids: Float32Array.of(1, 0.2, 0, 1, 1, -0.2, 0.9, 0.9),
  descent: {
    earlier: [
      { version: 4, lists: 2 },
      { version: 6, lists: 3 },
    ],
    trained: Float32Array.of(1, 0, 0, 1),
    lists: Uint32Array.of(0, 1, 0, 0),
  },
};
const splits = new SplitLists(structure);

describe('lists that were split', () => {
  it('know how many there were under each structure that they came from', () => {
    assert.deepEqual(
      [3, 4, 5, 6, 7].map((version) => splits.listsAt(version)),
      [null, 2, null, 3, null],
    );
  });

  it('know their parts, and since when there are more', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((list) => [...splits.partsOf(list)]),
      [[0, 2, 3], [1], [0, 2, 3], [0, 2, 3]],
    );
    assert.deepEqual(
      [2, 3, 4].map((lists) => splits.isSplitSince(2, lists)),
      [true, true, false],
    );
    assert.equal(splits.isSplitSince(1, 2), false);
  });

  it('were part of the nearest part that there was, of their own trained list', () => {
    const wereParts = (lists: number): number[] => [0, 1, 2, 3].map((list) => splits.wasPartOf(list, lists));
    // The last one is nearest to the second trained list, which it is no part of.
    assert.deepEqual(
      [wereParts(2), wereParts(3), wereParts(4)],
      [
        [0, 1, 0, 0],
        [0, 1, 2, 0],
        [0, 1, 2, 3],
      ],
    );
  });

  it('get a vector by the nearest trained list, and then by its parts', () => {
    // The third one is nearest to the part (0.9, 0.9) of the first list, and to the second trained list.
    const points = Float32Array.of(1, 0.1, 1, -0.1, 0.7, 0.8, 0.8, 0.7, 0.1, 1);
    assert.deepEqual([...splits.assign(points)], [0, 2, 1, 3, 1]);
  });

  it('assign again among the parts of the list that is named, whichever of them', () => {
    const points = Float32Array.of(0.7, 0.8, 0.7, 0.8, 0.7, 0.8);
    assert.deepEqual([...splits.assignAgain(points, Uint32Array.of(0, 2, 1))], [3, 3, 1]);
    assert.deepEqual([...splits.assignAgain(new Float32Array(0), new Uint32Array(0))], []);
  });

  it('give equal vectors to the smallest of equal parts', () => {
    const { dim, descent } = structure;
    const equal = new SplitLists({ dim, descent, centroids: Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0) });
    assert.deepEqual([...equal.assign(Float32Array.of(2, 1, 0, 0))], [0, 0]);
  });

  it('are the lists that documents are routed to, few or many', async () => {
    const random = seededRandom(1);
    const points = Float32Array.from({ length: 900_000 }, () => random.normal());
    const many = await nearestList(structure, points);
    assert.deepEqual(many, splits.assign(points));
    assert.deepEqual(await splits.assignAsync(points), many);
    assert.deepEqual(await nearestList(structure, points.subarray(0, 200)), many.subarray(0, 100));
    const turned = { ...structure, centroids: Float32Array.of(0.9, 0.9, 0, 1, 1, -0.2, 1, 0.2) };
    const few = await nearestList(turned, points.subarray(0, 200));
    assert.deepEqual(few, new SplitLists(turned).assign(points.subarray(0, 200)));
    assert.notDeepEqual(few, many.subarray(0, 100));
  });
});
