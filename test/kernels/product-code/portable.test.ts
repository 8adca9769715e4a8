import assert from 'node:assert/strict';
import { portableKernels } from '../../../kernels/portable.js';
import { codebookOf, encode, scales } from '../coded.js';
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
