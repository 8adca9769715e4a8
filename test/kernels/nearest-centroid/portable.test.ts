import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bitsOf, never, normals, onBoth, testRandom } from '../pair.js';

interface Points {
  readonly points: Float32Array;
  readonly centroids: Float32Array;
  readonly dim: number;
}

function assign(kernels: NativeKernels, { points, centroids, dim }: Points) {
  const assignments = new Uint32Array(points.length / dim);
  const scores = new Float32Array(points.length / dim);
  kernels.assignNearest(points, centroids, dim, new Float32Array(32 * dim + 16), assignments, scores, never());
  return { assignments, scores: bitsOf(scores) };
}

describe('nearest centroid', () => {
  const shapes = [
    [0, 3, 8],
    [1, 1, 1],
    [15, 7, 3],
    [16, 8, 16],
    [17, 9, 17],
    [31, 16, 24],
    [33, 13, 65],
    [70, 513, 72],
  ] as const;
  for (const [points, centroids, dim] of shapes) {
    it(`gives ${points} points of ${dim} the reference's of ${centroids} centroids, to the bit`, async () => {
      const random = testRandom();
      const of = { points: normals(random, points * dim), centroids: normals(random, centroids * dim), dim };
      const { expected, actual } = await onBoth((kernels) => assign(kernels, of));
      assert.deepEqual(actual, expected);
    });
  }

  it('breaks ties by the smaller centroid', async () => {
    const point = normals(testRandom(), 24);
    const centroids = new Float32Array(24 * 20);
    for (let c = 3; c < 20; c++) centroids.set(point, c * 24);
    const { actual } = await onBoth((kernels) => assign(kernels, { points: point, centroids, dim: 24 }));
    assert.deepEqual([...actual.assignments], [3]);
  });

  it('never lets a NaN win', async () => {
    const centroids = Float32Array.from([NaN, NaN, -1, -1, NaN, 0]);
    const { actual } = await onBoth((kernels) => assign(kernels, { points: Float32Array.of(1, 1), centroids, dim: 2 }));
    assert.deepEqual([...actual.assignments], [1]);
  });

  it('gives the same answer off the event loop', async () => {
    const random = testRandom();
    const of = { points: normals(random, 50 * 40), centroids: normals(random, 30 * 40), dim: 40 };
    const { actual } = await onBoth(async (kernels) => {
      const assignments = new Uint32Array(50);
      const scores = new Float32Array(50);
      const panel = new Float32Array(32 * 40 + 16);
      const left = await kernels.assignNearestAsync(of.points, of.centroids, 40, panel, assignments, scores, never());
      return { left, assignments, now: assign(kernels, of).assignments };
    });
    assert.equal(actual.left, 0);
    assert.deepEqual(actual.assignments, actual.now);
  });
});

describe('second lists', () => {
  const second = (kernels: NativeKernels, { points, centroids, dim }: Points, width: number) => {
    const random = testRandom();
    const lists = centroids.length / dim;
    const firsts = Uint32Array.from({ length: points.length / dim }, () => random.below(lists));
    const around = Uint32Array.from({ length: lists * width }, () => random.below(lists));
    const seconds = new Uint32Array(firsts.length);
    kernels.secondLists(points, firsts, centroids, around, new Float32Array(dim), seconds);
    return seconds;
  };
  const shapes = [
    [0, 3, 8],
    [5, 7, 1],
    [40, 60, 15],
    [40, 60, 16],
    [40, 60, 39],
    [300, 90, 384],
  ] as const;
  for (const [points, centroids, dim] of shapes) {
    it(`of ${points} points of ${dim} are the same everywhere`, async () => {
      const random = testRandom();
      const of = { points: normals(random, points * dim), centroids: normals(random, centroids * dim), dim };
      const { expected, actual } = await onBoth((kernels) => second(kernels, of, 20));
      assert.deepEqual(actual, expected);
      assert.deepEqual(second(portableKernels, of, 20), expected);
    });
  }

  it('are the first list where nothing is a number, or nothing else is named', async () => {
    const one = (kernels: NativeKernels) =>
      second(kernels, { points: Float32Array.of(1), centroids: Float32Array.of(NaN), dim: 1 }, 2);
    assert.deepEqual([...(await onBoth(one)).actual], [0]);
  });
});
