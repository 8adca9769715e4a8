import assert from 'node:assert/strict';
import { splitStructure } from '../../../../vector-index/codebook/split-structure.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';

const base: ListStructure = {
  version: 3,
  structure: {
    dim: 2,
    centroids: Float32Array.of(1, 0, 0, 1, -1, 0),
    routing: Float32Array.of(2, 0, 0, 3, -1, 1),
  },
  codebook: {
    ...{ dim: 2, subquantizers: 1, dsub: 2, rescale: 1, anchor: 2, words: new Float32Array(32) },
    bases: Float32Array.of(1, 2, 3, 4, 5, 6),
    anchors: Float32Array.of(7, 8, 9, 10, 11, 12),
  },
};
const parts = new Map([
  [2, Float32Array.of(-1, 0.5, -1, -0.5)],
  [0, Float32Array.of(1, 1, 1, 2, 1, 3)],
]);

describe('a structure whose lists are split', () => {
  it('has first parts in the places of their lists, and the others behind all lists', () => {
    const { structure } = splitStructure(base, parts);
    assert.deepEqual([...structure.centroids], [1, 1, 0, 1, -1, 0.5, 1, 2, 1, 3, -1, -0.5]);
    assert.deepEqual(structure.descent, {
      earlier: [{ version: 3, lists: 3 }],
      trained: base.structure.centroids,
      lists: Uint32Array.of(0, 1, 2, 0, 0, 2),
    });
  });

  it('codes as before: what a part is coded against is its list’s', () => {
    const { codebook } = splitStructure(base, parts);
    assert.deepEqual([...codebook.bases], [1, 2, 3, 4, 5, 6, 1, 2, 1, 2, 5, 6]);
    assert.deepEqual([...codebook.anchors], [7, 8, 9, 10, 11, 12, 7, 8, 7, 8, 11, 12]);
    assert.equal(codebook.words, base.codebook.words);
  });

  it('has vectors in one list each', () => {
    const structure = { ...base.structure, around: Uint32Array.of(1, 0, 1) };
    assert.throws(() => splitStructure({ ...base, structure }, parts), { code: 'INTERNAL' });
  });

  it('routes by what its centroids moved, on the scale of routes', () => {
    const { routing } = splitStructure(base, parts).structure;
    assert.deepEqual([...routing!.subarray(0, 4)], [2, 2, 0, 3]);
    assert.deepEqual([...routing!.subarray(6, 10)], [2, 4, 2, 6]);
  });

  it('remembers the trained one after several splits, and all that were between', () => {
    const once = { version: 5, ...splitStructure(base, new Map([[0, Float32Array.of(1, 1, 1, 2)]])) };
    const { structure, codebook } = splitStructure(once, new Map([[3, Float32Array.of(0, 1, 0, 2)]]));
    assert.deepEqual(structure.descent, {
      earlier: [
        { version: 3, lists: 3 },
        { version: 5, lists: 4 },
      ],
      trained: base.structure.centroids,
      lists: Uint32Array.of(0, 1, 2, 0, 0),
    });
    assert.deepEqual([...codebook.bases.subarray(8)], [1, 2]);
  });

  it('has lists to split, each into two at least', () => {
    assert.throws(() => splitStructure(base, new Map()), { code: 'INTERNAL' });
    assert.throws(() => splitStructure(base, new Map([[3, new Float32Array(4)]])), { code: 'INTERNAL' });
    assert.throws(() => splitStructure(base, new Map([[1, new Float32Array(2)]])), { code: 'INTERNAL' });
  });
});
