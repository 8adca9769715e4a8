import assert from 'node:assert/strict';
import type { LearnedParameters } from '../../../../vector-index/codebook/learned-parameters.js';
import { LearnedScans } from '../../../../vector-index/lists/learned-scan.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { toyCoder } from './fixtures.js';

const shape = { dim: 8, lists: 6 };
const coder = toyCoder(shape);
const { subquantizers, dsub, structureVersion } = coder;

function parameters(changes: Partial<LearnedParameters> = {}): LearnedParameters {
  const scanWords = new Float32Array(subquantizers * dsub * 16).fill(0.5);
  const listBiases = Float32Array.from({ length: 6 }, (_, list) => list);
  return { structureVersion, ...shape, subquantizers, dsub, scanWords, listBiases, ...changes };
}

describe('the scan by learned parameters', () => {
  it('reads them where they belong to the codes, made once', () => {
    const scans = new LearnedScans();
    const learned = parameters();
    const scan = scans.of(coder, learned);
    assert.deepEqual(scan, { words: learned.scanWords, adapter: null, listBiases: learned.listBiases });
    assert.equal(scans.of(coder, learned), scan);
    assert.equal(scans.of(coder, null), null);
  });

  it('does without those of other codes', () => {
    const scans = new LearnedScans();
    assert.equal(scans.of(coder, parameters({ structureVersion: structureVersion + 1 })), null);
    assert.equal(scans.of(coder, parameters({ lists: 5 })), null);
    assert.equal(scans.of(coder, parameters({ dsub: dsub + 1 })), null);
  });

  it('gives parts of a list that was split the bias of that list', () => {
    const structure = coder.codebook;
    const twice = (rows: Float32Array): Float32Array => Float32Array.of(...rows, ...rows.subarray(8, 24));
    const centroids = twice(structure.bases);
    const descent = {
      earlier: [{ version: structureVersion, lists: 6 }],
      trained: structure.bases,
      lists: Uint32Array.of(0, 1, 2, 3, 4, 5, 1, 2),
    };
    const split = new ListCoder({
      version: structureVersion + 1,
      structure: { dim: 8, centroids, descent },
      codebook: { ...structure, bases: centroids, anchors: twice(structure.anchors) },
    });
    const scan = new LearnedScans().of(split, parameters());
    assert.deepEqual([...scan!.listBiases!], [0, 1, 2, 3, 4, 5, 1, 2]);
  });

  it('gives parts of a part the bias of that part, not of another one of the same list', () => {
    const { bases, anchors } = coder.codebook;
    const around = (list: number, offset: number): Float32Array =>
      bases.slice(8 * list, 8 * list + 8).map((value, j) => (j === 0 ? value + offset : value));
    // List 1 became 1 and 6, for which parameters were learned; then both were split: 1 into 1 and 7, 6 into 6 and 8.
    const moved = Float32Array.of(...bases, ...around(1, 5), ...around(1, -6), ...around(1, 6));
    moved.set(around(1, -5), 8);
    const parents = [0, 1, 2, 3, 4, 5, 1, 1, 1];
    const rowsOf = (rows: Float32Array): Float32Array =>
      Float32Array.from(parents.flatMap((list) => [...rows.subarray(8 * list, 8 * list + 8)]));
    const descent = {
      earlier: [
        { version: structureVersion, lists: 6 },
        { version: structureVersion + 1, lists: 7 },
      ],
      ...{ trained: bases, lists: Uint32Array.from(parents) },
    };
    const split = new ListCoder({
      version: structureVersion + 2,
      structure: { dim: 8, centroids: moved, descent },
      codebook: { ...coder.codebook, bases: rowsOf(bases), anchors: rowsOf(anchors) },
    });
    const listBiases = Float32Array.from({ length: 7 }, (_, list) => list);
    const learned = parameters({ structureVersion: structureVersion + 1, lists: 7, listBiases });
    const scan = new LearnedScans().of(split, learned);
    assert.deepEqual([...scan!.listBiases!], [0, 1, 2, 3, 4, 5, 6, 1, 6]);
  });
});
