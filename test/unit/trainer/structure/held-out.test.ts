import assert from 'node:assert/strict';
import {
  leastProbe,
  probesUpTo,
  recallAt,
  recallCurve,
  trueNeighbours,
} from '../../../../trainer/structure/held-out.js';

/** Twelve vectors, six in each of two lists. */
const vectors = Float32Array.from(Array.from({ length: 12 }, (_, i) => (i < 6 ? [1, i / 100] : [i / 100, 1])).flat());
const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };
const lists = Uint32Array.from({ length: 12 }, (_, i) => (i < 6 ? 0 : 1));
const heldOut = trueNeighbours(Float32Array.of(1, 0, 0, 1), vectors, 2);

describe('held-out queries', () => {
  it('have the ten vectors of the largest inner products as neighbours, or all of fewer', () => {
    assert.deepEqual(
      heldOut.rows.map(({ length }) => length),
      [10, 10],
    );
    assert.equal(trueNeighbours(Float32Array.of(1, 0), vectors.subarray(0, 6), 2).rows[0]?.length, 3);
    assert.ok([0, 1, 2, 3, 4, 5].every((row) => heldOut.rows[0]!.includes(row)));
  });

  it('have the first of equal neighbours, however many vectors there are', () => {
    const many = Float32Array.from({ length: 40_000 }, (_, i) => (i % 4_000 === 0 ? 1 : 0.5));
    const first = Array.from({ length: 10 }, (_, i) => i * 4_000);
    assert.deepEqual([...trueNeighbours(Float32Array.of(1), many, 1).rows[0]!], first);
    assert.deepEqual([...trueNeighbours(Float32Array.of(-1), many, 1).rows[0]!], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('find what lies in the lists nearest to them, less what codes lose', () => {
    const recalls = recallCurve(heldOut, { structure, lists: [lists] });
    assert.deepEqual(
      recalls.map(({ nprobe, recall }) => [nprobe, recall.toFixed(4)]),
      [
        [1, (0.995 * 0.6).toFixed(4)],
        [2, '0.9950'],
      ],
    );
    assert.equal(recallAt(heldOut, { structure, lists: [lists] }, 99).toFixed(4), '0.9950');
  });

  it('find what lies in either of two lists', () => {
    const seconds = lists.map((list, row) => (row === 5 || row === 11 ? 1 - list : list));
    const [one, two] = recallCurve(heldOut, { structure, lists: [lists, seconds] });
    assert.equal(one?.recall.toFixed(4), (0.995 * 0.7).toFixed(4));
    assert.equal(two?.recall.toFixed(4), '0.9950');
  });

  it('find all where there is nothing to find', () => {
    const none = { queries: [], rows: [] };
    assert.deepEqual(
      recallCurve(none, { structure, lists: [lists] }).map(({ recall }) => recall),
      [1, 1],
    );
  });

  it('need the fewest lists that reach a target, or the most', () => {
    const recalls = [0.5, 0.9, 0.97].map((recall, at) => ({ nprobe: at + 1, recall }));
    assert.deepEqual(
      [0.4, 0.9, 0.91, 0.99].map((target) => leastProbe(recalls, target).nprobe),
      [1, 2, 3, 3],
    );
  });

  it('are asked with one list, with all, and with numbers between', () => {
    assert.deepEqual(probesUpTo(1), [1]);
    const probes = probesUpTo(1_000);
    assert.deepEqual([probes[0], probes.at(-1)], [1, 1_000]);
    assert.ok(probes.every((probe, i) => i === 0 || probe > probes[i - 1]!) && probes.length < 50);
  });
});
