import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { allRows } from '../../../trainer/assign-points.js';
import { clustersOf } from '../../../trainer/kmeans.js';
import { nearClustersOf, nearCount, nearestCentroids } from '../../../trainer/near-clusters.js';
import { normalizeRows } from '../../../trainer/rows.js';

const dim = 8;
const random = seededRandom(4);
const points = Float32Array.from({ length: 3_000 * dim }, () => random.normal());
normalizeRows(points, dim);
const centroids = points.slice(0, 500 * dim);
const near = nearestCentroids(centroids, dim);
const first = clustersOf(allRows(points, dim), centroids);
const moved = Float32Array.from(first.sums);
normalizeRows(moved, dim);

describe('centroids near each other', () => {
  it('have their own among them', () => {
    for (let c = 0; c < 500; c++) {
      const own = near.subarray(c * nearCount, (c + 1) * nearCount);
      assert.equal(own[0], c);
      assert.equal(new Set(own).size, nearCount);
    }
  });
});

describe('an iteration among near centroids', () => {
  const next = nearClustersOf(first, moved, { near });

  it('serves every point at least as well as its last centroid does, and nearly all as well as the best', () => {
    const exact = clustersOf(allRows(points, dim), moved);
    let same = 0;
    for (let row = 0; row < 3_000; row++) {
      const stay = moved.subarray(first.assignments[row]! * dim, (first.assignments[row]! + 1) * dim);
      const score = stay.reduce((sum, value, j) => sum + value * points[row * dim + j]!, 0);
      assert.ok(next.scores[row]! >= score - 1e-5);
      if (next.assignments[row] === exact.assignments[row]) same++;
    }
    assert.ok(same > 2_950, `${same} of 3000`);
  });

  it('counts and adds up what it assigns', () => {
    assert.equal(
      next.counts.reduce((sum, count) => sum + count, 0),
      3_000,
    );
    const cluster = next.assignments[17]!;
    const members = [...next.assignments.keys()].filter((row) => next.assignments[row] === cluster);
    const sum = members.reduce((total, row) => total + points[row * dim]!, 0);
    assert.equal(next.counts[cluster], members.length);
    assert.ok(Math.abs(next.sums[cluster * dim]! - sum) < 1e-9);
  });

  it('stops when it is told to', () => {
    const signal = { aborted: true };
    assert.throws(() => nearClustersOf(first, moved, { near, signal }), { code: 'CANCELLED' });
    assert.throws(() => nearestCentroids(moved, dim, signal), { code: 'CANCELLED' });
  });
});
