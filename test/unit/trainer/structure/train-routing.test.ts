import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { assignNearest } from '../../../../kernels/kernels.js';
import { aroundLists } from '../../../../trainer/structure/around-lists.js';
import { recallAt, trueNeighbours } from '../../../../trainer/structure/held-out.js';
import { trainRouting } from '../../../../trainer/structure/train-routing.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
import { cloudsOf } from './clouds.js';

const data = cloudsOf({ dim: 32, clouds: 40, vectors: 3_000, queries: 1_200 });
const { dim, vectors } = data;
const structure = { dim, centroids: vectors.slice(0, 60 * dim) };
const lists = assignNearest(vectors, structure.centroids, dim).assignments;
const [queries, held] = [data.queries.slice(0, 1_000 * dim), data.queries.slice(1_000 * dim)];

const routed = (seed = 5, all: readonly Uint32Array[] = [lists]) =>
  trainRouting(structure, { vectors, lists: all, queries }, { random: seededRandom(seed) });
const recall = (centroids: Float32Array, asked: Float32Array, nprobe: number) =>
  recallAt(trueNeighbours(asked, vectors, dim), { structure: { dim, centroids }, lists: [lists] }, nprobe);

describe('training routes', () => {
  it('leads queries that were not seen to more of their neighbours', () => {
    const weights = routed();
    for (const nprobe of [2, 6]) {
      const [before, after] = [recall(structure.centroids, held, nprobe), recall(weights, held, nprobe)];
      assert.ok(1 - after < 0.7 * (1 - before), `${nprobe} lists: ${before} before, ${after} after`);
    }
  });

  it('leads vectors where it led them before', () => {
    const near = vectors.slice(-200 * dim);
    const [before, after] = [recall(structure.centroids, near, 6), recall(routed(), near, 6)];
    assert.ok(after > before - 0.02, `${before} before, ${after} after`);
  });

  it('leads to either list of a vector that lies in two', () => {
    const both = [lists, secondLists({ ...structure, around: aroundLists(structure.centroids, dim) }, vectors, lists)];
    const { rows } = trueNeighbours(held, vectors, dim);
    const found = (weights: Float32Array) => {
      let count = 0;
      rows.forEach((own, q) => {
        const { scores } = assignNearest(weights, held.subarray(q * dim, (q + 1) * dim), dim);
        const near = new Set([...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, 3));
        count += own.filter((row) => both.some((of) => near.has(of[row]!))).length;
      });
      return count / (10 * rows.length);
    };
    const [before, after] = [found(structure.centroids), found(routed(5, both))];
    assert.ok(1 - after < 0.7 * (1 - before), `${before} before, ${after} after`);
  });

  it('learns from as many queries and vectors as it is told to', () => {
    const sample = { vectors: vectors.subarray(0, 600 * dim), lists: [lists.subarray(0, 600)], queries };
    const callsOf = (queriesMax: number, vectorsAsked: number): number => {
      let calls = 0;
      const onProgress = (): number => (calls += 1);
      trainRouting(structure, sample, { random: seededRandom(5), queriesMax, vectorsAsked, onProgress });
      return calls;
    };
    // One call for every hundred, and one for each of five epochs.
    assert.deepEqual([callsOf(50, 60), callsOf(900, 600)], [7, 20]);
  });

  it('gives the same routes for the same seed, and is CANCELLED by its signal', () => {
    const few = {
      ...{ vectors: vectors.subarray(0, 500 * dim), lists: [lists.subarray(0, 500)] },
      queries: queries.subarray(0, 100 * dim),
    };
    const [first, second] = [6, 6].map((seed) => trainRouting(structure, few, { random: seededRandom(seed) }));
    assert.deepEqual(first, second);
    const options = { random: seededRandom(1), signal: { aborted: true } };
    assert.throws(() => trainRouting(structure, few, options), { code: 'CANCELLED' });
  });
});
