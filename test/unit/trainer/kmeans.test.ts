import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { normalizeRows, sampleRows, trainKmeans } from '../../../trainer/kmeans.js';

/** Points scattered around `count` well separated directions, direction i for point i mod count. */
function clouds(count: number, points: number, dim: number): Float32Array {
  const random = seededRandom(3);
  const centers = Float32Array.from({ length: count * dim }, () => random.normal());
  normalizeRows(centers, dim);
  const rows = Float32Array.from({ length: points * dim }, (_, i) => {
    const center = Math.floor(i / dim) % count;
    return (centers[center * dim + (i % dim)] ?? 0) + 0.02 * random.normal();
  });
  normalizeRows(rows, dim);
  return rows;
}

const options = { dim: 16, count: 6, iterations: 10 };

describe('k-means', () => {
  it('finds well separated clouds', () => {
    const points = clouds(6, 300, 16);
    let last = 0;
    // Four times as many centroids as clouds: with as many, a random start may leave two clouds to one of them.
    const many = { ...options, count: 24, random: seededRandom(5) };
    trainKmeans(points, { ...many, onIteration: (_, meanScore) => (last = meanScore) });
    assert.ok(last > 0.99, `mean inner product ${last}`);
  });

  it('never gets worse by an iteration', () => {
    const random = seededRandom(8);
    const points = Float32Array.from({ length: 400 * 16 }, () => random.normal());
    normalizeRows(points, 16);
    const scores: number[] = [];
    trainKmeans(points, { ...options, random: seededRandom(5), onIteration: (_, score) => scores.push(score) });
    scores.slice(1).forEach((score, i) => assert.ok(score >= (scores[i] ?? 0) - 1e-6));
  });

  it('comes as far with a warm-up and two iterations as with twelve', () => {
    const points = clouds(20, 3000, 16);
    const scoreOf = (iterations: number, warmUp: number[]): number => {
      let last = 0;
      const some = { ...options, count: 40, iterations, warmUp, random: seededRandom(5) };
      trainKmeans(points, { ...some, onIteration: (_, score) => (last = score) });
      return last;
    };
    const [plain, warmed] = [scoreOf(12, []), scoreOf(2, [8, 8, 8, 16, 16, 32, 32])];
    assert.ok(warmed > plain - 0.01, `${warmed} against ${plain}`);
  });

  it('stops between iterations when it is told to', () => {
    const controller = new AbortController();
    const stopping = {
      ...options,
      random: seededRandom(5),
      signal: controller.signal,
      onIteration: () => controller.abort(),
    };
    assert.throws(() => trainKmeans(clouds(6, 300, 16), stopping), { code: 'CANCELLED' });
  });

  it('gives centroids of unit length', () => {
    const centroids = trainKmeans(clouds(3, 60, 16), { ...options, random: seededRandom(5) });
    for (let row = 0; row < options.count; row++) {
      const own = centroids.subarray(row * 16, row * 16 + 16);
      assert.ok(Math.abs(Math.hypot(...own) - 1) < 1e-5);
    }
  });

  it('leaves no centroid without points while there are points to give', () => {
    const points = new Float32Array(40 * 16);
    for (let row = 0; row < 40; row++) points[row * 16 + (row % 8)] = 1;
    const centroids = trainKmeans(points, { ...options, count: 8, random: seededRandom(1) });
    const axes = new Set(Array.from({ length: 8 }, (_, c) => centroids.subarray(c * 16, c * 16 + 16).indexOf(1)));
    assert.equal(axes.size, 8);
  });

  it('depends on its seed alone', () => {
    const points = clouds(6, 120, 16);
    const train = (seed: number): Float32Array => trainKmeans(points, { ...options, random: seededRandom(seed) });
    assert.deepEqual(train(2), train(2));
    assert.notDeepEqual(train(2), train(4));
  });

  it('refuses more centroids than points', () => {
    const few = clouds(1, 5, 16);
    assert.throws(() => trainKmeans(few, { ...options, random: seededRandom(1) }), { code: 'INTERNAL' });
  });
});

describe('sampling rows', () => {
  it('takes different rows', () => {
    const points = Float32Array.from({ length: 10 }, (_, i) => i);
    const all = sampleRows(points, 1, { count: 10, random: seededRandom(9) });
    assert.deepEqual(
      [...all].sort((a, b) => a - b),
      [...points],
    );
  });
});

describe('normalizing rows', () => {
  it('leaves rows of zeros', () => {
    const rows = Float32Array.of(3, 4, 0, 0);
    normalizeRows(rows, 2);
    assert.deepEqual([...rows], [Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });
});
