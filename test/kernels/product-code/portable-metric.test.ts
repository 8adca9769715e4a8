import assert from 'node:assert/strict';
import { MetricCode } from '../../../kernels/product-code/portable-metric.js';

/** Two parts of one dimension, words 0.125, 0.25, .. 2. */
const words = Float32Array.from({ length: 32 }, (_, at) => ((at % 16) + 1) / 8);

function improved(metric: readonly number[], residual: readonly number[], nibbles: readonly number[]): number[] {
  const code = new MetricCode({ codebook: words, dsub: 1, metric: Float32Array.from(metric) });
  const found = Uint8Array.from(nibbles);
  code.improve(Float32Array.from(residual), found);
  return [...found];
}

describe('MetricCode', () => {
  it('keeps words that point where the residual does', () => {
    assert.deepEqual(improved([1, 0, 0, 1], [1, 0.5], [7, 3]), [7, 3]);
  });

  it('takes words that point more nearly there', () => {
    const [first, second] = improved([1, 0, 0, 1], [1, 0.5], [7, 4]) as [number, number];
    assert.equal(first + 1, 2 * (second + 1));
  });

  it('keeps the words of zeros', () => {
    assert.deepEqual(improved([1, 0.5, 0.5, 1], [0, 0], [2, 9]), [2, 9]);
  });
});
