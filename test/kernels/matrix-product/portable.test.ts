import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { normals, onBoth, testRandom } from '../pair.js';

interface Given {
  readonly points: Float32Array;
  readonly centroids: Float32Array;
  readonly biases: Float32Array | null;
  readonly dim: number;
}

function best(kernels: NativeKernels, { points, centroids, biases, dim }: Given) {
  const panelCount = Math.ceil(centroids.length / dim / 16);
  const panels = new Float32Array(panelCount * 16 * dim).fill(NaN);
  const panelBiases = new Float32Array(panelCount * 16);
  kernels.packPanels(centroids, biases, dim, panels, panelBiases);
  const assignments = new Uint32Array(points.length / dim);
  const scores = new Float32Array(points.length / dim);
  kernels.bestProducts(points, dim, panels, panelBiases, assignments, scores);
  return { panels, panelBiases, assignments, scores };
}

/** The score of a point with a centroid in double precision, and how far off the header lets a float32 one be. */
function exact({ points, centroids, biases, dim }: Given, point: number, centroid: number): [number, number] {
  let sum = biases?.[centroid] ?? 0;
  let size = Math.abs(sum);
  for (let j = 0; j < dim; j++) {
    const product = points[point * dim + j]! * centroids[centroid * dim + j]!;
    sum += product;
    size += Math.abs(product);
  }
  return [sum, dim * 2 ** -24 * size];
}

describe('products with centroids', () => {
  const shapes = [
    [0, 3, 8],
    [1, 1, 1],
    [5, 16, 3],
    [6, 17, 16],
    [7, 48, 17],
    [8, 49, 24],
    [63, 33, 5],
    [64, 15, 65],
    [65, 513, 72],
    [130, 100, 7],
  ] as const;
  for (const [points, centroids, dim] of shapes) {
    it(`give ${points} points of ${dim} the reference's best of ${centroids} centroids`, async () => {
      const random = testRandom();
      const of: Given = {
        points: normals(random, points * dim),
        centroids: normals(random, centroids * dim),
        biases: normals(random, centroids),
        dim,
      };
      const { expected, actual } = await onBoth((kernels) => ({
        isPortable: kernels === portableKernels,
        ...best(kernels, of),
      }));
      if (!actual.isPortable) assert.deepEqual(actual, expected);
      for (let p = 0; p < points; p++) {
        const [score, off] = exact(of, p, actual.assignments[p]!);
        assert.ok(Math.abs(score - actual.scores[p]!) <= off, `point ${p}: ${actual.scores[p]} is not ${score}`);
        const [wanted, other] = exact(of, p, expected.assignments[p]!);
        assert.ok(score >= wanted - off - other, `point ${p}: ${score} is below ${wanted}`);
      }
    });
  }

  it('breaks ties by the smaller centroid, whatever its lane', async () => {
    const point = normals(testRandom(), 24);
    const centroids = new Float32Array(24 * 70);
    for (const c of [21, 35, 50, 69]) centroids.set(point, c * 24);
    const { actual } = await onBoth((kernels) => best(kernels, { points: point, centroids, biases: null, dim: 24 }));
    assert.deepEqual([...actual.assignments], [21]);
  });

  it('never lets a NaN or a lane without a centroid win', async () => {
    const centroids = Float32Array.from([NaN, NaN, -1, -1, NaN, 0]);
    const points = Float32Array.of(1, 1, NaN, 1);
    const { actual } = await onBoth((kernels) => best(kernels, { points, centroids, biases: null, dim: 2 }));
    assert.deepEqual([...actual.assignments], [1, 0]);
    assert.deepEqual([...actual.scores], [-2, -Infinity]);
  });

  it('refuses shapes that do not fit, without a word to memory', async () => {
    await onBoth((kernels) => {
      if (kernels === portableKernels) return;
      const one = new Float32Array(16);
      const outputs = [new Uint32Array(1), new Float32Array(1)] as const;
      assert.throws(() => kernels.bestProducts(one, 16, one, one, ...outputs), /panels: of another size/);
      assert.throws(() => kernels.packPanels(one, null, 16, one, one), /panels: of another size/);
    });
  });
});
