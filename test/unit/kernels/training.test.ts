import assert from 'node:assert/strict';
import { bestProducts, centroidPanels } from '../../../kernels/training.js';

const answers = (count: number) => ({ assignments: new Uint32Array(count), scores: new Float32Array(count) });

describe('the door of training', () => {
  it('finds the best centroid by inner product, and by distance where biases say so', () => {
    const centroids = Float32Array.of(3, 0, 1, 0);
    const point = Float32Array.of(1, 0);
    const best = answers(1);
    bestProducts(point, centroidPanels(centroids, null, 2), best);
    assert.deepEqual([best.assignments[0], best.scores[0]], [0, 3]);
    bestProducts(point, centroidPanels(centroids, Float32Array.of(-4.5, -0.5), 2), best);
    assert.deepEqual([best.assignments[0], best.scores[0]], [1, 0.5]);
  });

  it('refuses broken shapes', () => {
    const two = Float32Array.of(1, 2);
    assert.throws(() => centroidPanels(new Float32Array(0), null, 2), { code: 'INTERNAL' });
    assert.throws(() => centroidPanels(two, two, 2), { code: 'INTERNAL' });
    assert.throws(() => bestProducts(two, centroidPanels(two, null, 2), answers(2)), { code: 'INTERNAL' });
  });
});
