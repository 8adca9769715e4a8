import assert from 'node:assert/strict';
import { carriedProbe, carriedProbes } from '../../../../trainer/structure/carry-probes.js';
import { trueNeighbours } from '../../../../trainer/structure/held-out.js';

/** Of three lists the first was split in two; queries lie where it was. */
const before = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0) };
const after = { dim: 2, centroids: Float32Array.of(0.9, 0.3, 0, 1, -1, 0, 0.9, -0.3) };
const vectors = Float32Array.from(
  Array.from({ length: 12 }, (_, i) => [1, i < 6 ? 0.1 + i / 100 : -0.1 - i / 100]).flat(),
);
const from = {
  heldOut: trueNeighbours(Float32Array.of(1, 0.01, 1, -0.01), vectors, 2),
  before: { structure: before, lists: [new Uint32Array(12)] },
  after: { structure: after, lists: [Uint32Array.from({ length: 12 }, (_, i) => (i < 6 ? 0 : 3))] },
};

describe('a calibration after lists were split', () => {
  it('reads as many lists as find what was found before', () => {
    assert.equal(carriedProbe(1, from), 2);
    assert.equal(carriedProbe(2, from), 2);
    assert.equal(carriedProbe(3, from), 4);
    assert.equal(carriedProbe(9, from), 4);
  });

  it('keeps the recalls that were measured, and ascends', () => {
    const probes = [
      { nprobe: 1, recall: 0.9 },
      { nprobe: 2, recall: 0.95 },
      { nprobe: 3, recall: 0.99 },
    ];
    assert.deepEqual(carriedProbes(probes, from), [
      { nprobe: 2, recall: 0.95 },
      { nprobe: 4, recall: 0.99 },
    ]);
    assert.deepEqual(carriedProbes([], from), []);
  });

  it('reads the same share of all lists where there is nothing to measure with', () => {
    const bare = { ...from, heldOut: { queries: [], rows: [] } };
    assert.deepEqual([carriedProbe(1, bare), carriedProbe(2, bare), carriedProbe(3, bare)], [2, 3, 4]);
  });
});
