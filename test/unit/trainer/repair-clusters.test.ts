import assert from 'node:assert/strict';
import { clustersOf, normalizeRows } from '../../../trainer/kmeans.js';
import { allRows } from '../../../trainer/assign-points.js';
import { halveLargest, reseedEmpty } from '../../../trainer/repair-clusters.js';

const points = Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0.8, 0.2, 0, 0, 0, 1, 0, 0, 0);

describe('repairing clusters', () => {
  it('puts a centroid without points where a point is served worst, never on a zero vector', () => {
    const centroids = Float32Array.of(1, 0, 0, -1, 0, 0);
    reseedEmpty(centroids, clustersOf(allRows(points, 3), centroids));
    assert.deepEqual([...centroids], [1, 0, 0, 0, 0, 1]);
  });

  it('leaves centroids that have points alone', () => {
    const centroids = Float32Array.of(1, 0, 0, 0, 0, 1);
    const clusters = clustersOf(allRows(points, 3), centroids);
    reseedEmpty(centroids, clusters);
    halveLargest(centroids, clusters, 2);
    assert.deepEqual([...centroids], [1, 0, 0, 0, 0, 1]);
  });

  it('gives half of a cluster that is too large to the smallest', () => {
    const centroids = Float32Array.of(0.9, 0.1, 0, 0, 0, 1);
    halveLargest(centroids, clustersOf(allRows(points, 3), centroids), 1.5);
    normalizeRows(centroids, 3);
    const { counts } = clustersOf(allRows(points.slice(0, 9), 3), centroids);
    assert.ok(counts[0]! > 0 && counts[1]! > 0, `${counts}`);
  });
});
