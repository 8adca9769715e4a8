import assert from 'node:assert/strict';
import { portableKernels } from '../../../kernels/portable.js';
import { decodeVector } from '../../../kernels/product-code/portable.js';
import { codebookOf, encode, metricOf, scales } from '../coded.js';
import { normals, onBoth, testRandom } from '../pair.js';

const shapes = [
  { subquantizers: 1, dsub: 1, count: 1 },
  { subquantizers: 2, dsub: 4, count: 33 },
  { subquantizers: 7, dsub: 3, count: 65 },
  { subquantizers: 96, dsub: 4, count: 40 },
  { subquantizers: 97, dsub: 4, count: 0 },
  { subquantizers: 512, dsub: 2, count: 5 },
];

describe('product codes', () => {
  for (const { count, ...shape } of shapes) {
    it(`of ${count} vectors of ${shape.subquantizers} times ${shape.dsub} equal the reference's`, async () => {
      const random = testRandom();
      const dim = shape.subquantizers * shape.dsub;
      const of = {
        ...shape,
        codebook: codebookOf(random, shape),
        base: normals(random, dim),
        anchor: normals(random, dim),
      };
      const points = normals(random, count * dim);
      const { expected, actual } = await onBoth((kernels) => encode(kernels, points, of));
      assert.deepEqual(actual, expected);
      assert.deepEqual(encode(portableKernels, points, of), expected);
    });
  }

  for (const { count, ...shape } of [...shapes, { subquantizers: 9, dsub: 5, count: 20 }]) {
    it(`of ${count} vectors of ${shape.subquantizers} times ${shape.dsub} in a metric equal the reference's`, async () => {
      const random = testRandom();
      const dim = shape.subquantizers * shape.dsub;
      const tables = { codebook: codebookOf(random, shape), metric: metricOf(random, dim) };
      const of = { ...shape, ...tables, base: normals(random, dim), anchor: normals(random, dim) };
      const points = normals(random, Math.min(count, 10) * dim);
      const { expected, actual } = await onBoth((kernels) => encode(kernels, points, of));
      assert.deepEqual(actual, expected);
      assert.deepEqual(encode(portableKernels, points, of), expected);
    });
  }

  it('in a metric leave less of what it counts, for the same residual, than the nearest codewords do', async () => {
    const random = testRandom();
    const shape = { subquantizers: 24, dsub: 4 };
    const dim = 96;
    const codebook = codebookOf(random, shape);
    const metric = metricOf(random, dim);
    const points = normals(random, 50 * dim, dim);
    const of = { ...shape, codebook, base: null, anchor: null };
    const shown = (codes: Uint8Array): number => {
      let sum = 0;
      for (let v = 0; v < 50; v++) {
        const residual = points.subarray(v * dim, (v + 1) * dim);
        const decoded = new Float32Array(dim);
        decodeVector(codebook, 4, codes.subarray(v * 12, (v + 1) * 12), decoded);
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((total, value, j) => total + value * b[j]!, 0);
        const rescale = dot(residual, residual) / dot(residual, decoded);
        const error = residual.map((value, j) => value - rescale * decoded[j]!);
        sum += dot(
          error,
          error.map((_, i) => dot(metric.subarray(i * dim, (i + 1) * dim), error)),
        );
      }
      return sum;
    };
    const plain = await onBoth((kernels) => encode(kernels, points, of));
    const measured = await onBoth((kernels) => encode(kernels, points, { ...of, metric }));
    assert.ok(shown(measured.actual.codes) < 0.6 * shown(plain.actual.codes));
  });

  it('in a metric that counts all directions alike point more nearly where the residual does', async () => {
    const random = testRandom();
    const shape = { subquantizers: 24, dsub: 4 };
    const of = { ...shape, codebook: codebookOf(random, shape), base: null, anchor: null };
    const metric = Float32Array.from({ length: 96 * 96 }, (_, at) => (at % 97 === 0 ? 1 : 0));
    const points = normals(random, 50 * 96, 96);
    const rescales = async (own: Float32Array | undefined) => {
      const { actual } = await onBoth((kernels) => encode(kernels, points, { ...of, metric: own }));
      return Array.from({ length: 50 }, (_, v) => {
        const [point, decoded] = [points.subarray(v * 96, (v + 1) * 96), new Float32Array(96)];
        decodeVector(of.codebook, 4, actual.codes.subarray(v * 12, (v + 1) * 12), decoded);
        const product = point.reduce((sum, value, j) => sum + value * decoded[j]!, 0);
        return product / Math.hypot(...decoded);
      });
    };
    const [plain, measured] = [await rescales(undefined), await rescales(metric)];
    assert.ok(measured.every((cosine, v) => cosine >= plain[v]! - 1e-6));
    assert.ok(measured.some((cosine, v) => cosine > plain[v]! + 1e-4));
  });

  it('in a metric are the nearest of vectors that equal their base', async () => {
    const random = testRandom();
    const shape = { subquantizers: 8, dsub: 4 };
    const of = { ...shape, codebook: codebookOf(random, shape), base: null, anchor: null };
    const points = new Float32Array(64);
    const plain = await onBoth((kernels) => encode(kernels, points, of));
    const measured = await onBoth((kernels) => encode(kernels, points, { ...of, metric: metricOf(random, 32) }));
    assert.deepEqual(measured, plain);
  });

  it('are of the nearest codewords, the smaller of two that are equally near', async () => {
    const shape = { subquantizers: 2, dsub: 1 };
    const codebook = Float32Array.from({ length: 32 }, (_, i) => (i % 16) - 8);
    const points = Float32Array.of(-7.4, 6.6, 0.5, -0.5, 100, -100);
    const { actual } = await onBoth((kernels) =>
      encode(kernels, points, { ...shape, codebook, base: null, anchor: null }),
    );
    assert.deepEqual([...actual.codes], [1 | (15 << 4), 0, 8 | (7 << 4), 0, 15, 0]);
  });

  it('have factors that make the estimate exact at the anchor and unbiased along the residual', async () => {
    const shape = { subquantizers: 24, dsub: 4 };
    const random = testRandom();
    const [base, anchor] = [normals(random, 96, 96), normals(random, 96, 96)];
    const codebook = codebookOf(random, shape);
    const point = normals(random, 96, 96);
    const { actual } = await onBoth((kernels) => encode(kernels, point, { ...shape, codebook, base, anchor }));
    const decoded = Float32Array.from({ length: 96 }, (_, j) => {
      const s = j >> 2;
      return codebook[j * 16 + ((actual.codes[s >> 1]! >> (4 * (s & 1))) & 15)]!;
    });
    const residual = point.map((value, j) => value - base[j]!);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, j) => sum + value * b[j]!, 0);
    const [f, t] = [actual.factors[0]! * scales[0]!, actual.factors[1]! * scales[1]!];
    assert.ok(Math.abs(f * dot(residual, decoded) - dot(residual, residual)) < 1e-3);
    assert.ok(Math.abs(f * dot(anchor, decoded) + t - dot(anchor, residual)) < 1e-4);
  });

  it('of a vector that is its base, or that all codewords point away from, lean on the bias', async () => {
    const shape = { subquantizers: 4, dsub: 1 };
    const codebook = Float32Array.from({ length: 64 }, (_, i) => 1 + (i % 16));
    const points = Float32Array.of(0, 0, 0, 0, -1, -1, -1, -1);
    const { actual } = await onBoth((kernels) =>
      encode(kernels, points, { ...shape, codebook, base: null, anchor: null }),
    );
    assert.deepEqual([...actual.factors], [0, 0, 0, 0]);
  });
});
