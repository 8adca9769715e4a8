import assert from 'node:assert/strict';
import { CarriedProbes } from '../../../../trainer/structure/carry-probes.js';
import { recallAt, trueNeighbours } from '../../../../trainer/structure/held-out.js';

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
    const carried = new CarriedProbes(from);
    assert.deepEqual(
      [1, 2, 3, 9].map((nprobe) => carried.lists(nprobe)),
      [2, 2, 4, 4],
    );
  });

  it('says what is found with both', () => {
    const carried = new CarriedProbes(from);
    const at = (nprobe: number, lists: number) => ({
      before: recallAt(from.heldOut, from.before, nprobe),
      after: recallAt(from.heldOut, from.after, lists),
    });
    assert.deepEqual(
      [1, 3, 9].map((nprobe) => carried.recalls(nprobe)),
      [at(1, 2), at(3, 4), at(9, 4)],
    );
    assert.ok(at(1, 1).after < at(1, 2).after);
  });

  it('keeps the recalls that were measured, and ascends', () => {
    const probes = [
      { nprobe: 1, recall: 0.9 },
      { nprobe: 2, recall: 0.95 },
      { nprobe: 3, recall: 0.99 },
    ];
    assert.deepEqual(new CarriedProbes(from).probes(probes), [
      { nprobe: 2, recall: 0.95 },
      { nprobe: 4, recall: 0.99 },
    ]);
    assert.deepEqual(new CarriedProbes(from).probes([]), []);
  });

  it('reads the same share of all lists where there is nothing to measure with', () => {
    const bare = new CarriedProbes({ ...from, heldOut: { queries: [], rows: [] } });
    assert.deepEqual(
      [1, 2, 3].map((nprobe) => bare.lists(nprobe)),
      [2, 3, 4],
    );
    assert.deepEqual(bare.recalls(1), { before: 1, after: 1 });
  });
});
