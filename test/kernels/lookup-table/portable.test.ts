import assert from 'node:assert/strict';
import { portableKernels } from '../../../kernels/portable.js';
import { codebookOf, scales, tableOf, type Shape } from '../coded.js';
import { bitsOf, normals, onBoth, testRandom } from '../pair.js';

const shapes: readonly Shape[] = [
  { subquantizers: 1, dsub: 1 },
  { subquantizers: 2, dsub: 4 },
  { subquantizers: 8, dsub: 3 },
  { subquantizers: 96, dsub: 4 },
  { subquantizers: 97, dsub: 4 },
  { subquantizers: 256, dsub: 4 },
  { subquantizers: 512, dsub: 2 },
];

describe('lookup tables', () => {
  for (const shape of shapes) {
    const { subquantizers, dsub } = shape;
    it(`of ${subquantizers} subquantizers of ${dsub} dimensions equal the reference's in every bit`, async () => {
      const random = testRandom();
      const codebook = codebookOf(random, shape);
      const query = normals(random, subquantizers * dsub);
      const { expected, actual } = await onBoth((kernels) => tableOf(kernels, codebook, query, shape));
      assert.deepEqual(bitsOf(actual.tables), bitsOf(expected.tables));
      assert.deepEqual(actual.levels, expected.levels);
      assert.deepEqual(actual.scale, expected.scale);
      const twin = tableOf(portableKernels, codebook, query, shape);
      assert.deepEqual(twin, expected);
    });
  }

  it('keep the sum of four levels within a byte and the sum of all within the error that the header states', () => {
    const random = testRandom();
    for (const shape of shapes) {
      const codebook = codebookOf(random, shape);
      const query = normals(random, shape.subquantizers * shape.dsub);
      const { tables, levels, scale } = tableOf(portableKernels, codebook, query, shape);
      for (let s = 0; s < levels.length / 16; s += 4) {
        const largest = [0, 1, 2, 3].map((of) => Math.max(...levels.subarray((s + of) * 16, (s + of + 1) * 16)));
        assert.ok(largest.reduce((sum, level) => sum + level) <= 255);
      }
      const step = scale[0]! / scales[0]!;
      const code = Array.from({ length: shape.subquantizers }, () => random.below(16));
      const exact = code.reduce((sum, k, s) => sum + tables[s * 16 + k]!, 0);
      const whole = code.reduce((sum, k, s) => sum + levels[s * 16 + k]!, scale[1]!);
      assert.ok(Math.abs(whole * step - exact) <= (shape.subquantizers * step) / 2 + 1e-5);
    }
  });

  it('keep an offset that fits when the codebook lies far from the origin', async () => {
    const shape = { subquantizers: 16, dsub: 2 };
    const random = testRandom();
    for (const far of [1000, -1000]) {
      const codebook = codebookOf(random, shape).map((value) => value + far);
      const query = new Float32Array(32).fill(1);
      const { expected, actual } = await onBoth((kernels) => tableOf(kernels, codebook, query, shape));
      assert.deepEqual(actual, expected);
      const sum = Array.from({ length: 16 }, (_, s) => expected.levels[s * 16]!).reduce((a, b) => a + b, 0);
      const exact = Array.from({ length: 16 }, (_, s) => expected.tables[s * 16]!).reduce((a, b) => a + b, 0);
      const [unit, offset] = [expected.scale[0]!, expected.scale[1]!];
      assert.ok(offset >= -32_768 && offset + sum <= 32_767);
      assert.ok(Math.abs(((offset + sum) * unit) / scales[0]! - exact) <= (16 * unit) / scales[0]!);
    }
  });

  it('of a query of zeros, or of no numbers at all, do no harm', async () => {
    const shape = { subquantizers: 8, dsub: 4 };
    const codebook = codebookOf(testRandom(), shape);
    for (const value of [0, NaN, Infinity, 1e38]) {
      const query = new Float32Array(32).fill(value);
      const { actual } = await onBoth((kernels) => tableOf(kernels, codebook, query, shape));
      assert.ok(actual.scale[1]! >= -32_768 && actual.scale[1]! <= 32_767);
      assert.ok(actual.scale[2]! >= 0 && actual.scale[2]! <= 32_767);
    }
  });
});
