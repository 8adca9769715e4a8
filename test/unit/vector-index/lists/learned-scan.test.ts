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
});
