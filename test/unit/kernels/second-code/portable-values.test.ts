/** Codes of other widths than four bits, by what they mean: nearest values, and the product that the values have. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { floatOfHalf } from '../../../../kernels/float16/portable.js';
import {
  encodeValues,
  quantizeFinely,
  stepsInHeader,
  valueProduct,
} from '../../../../kernels/second-code/portable-values.js';

const dim = 64;

function coded(bits: number) {
  const random = seededRandom(bits);
  const values = Float32Array.from({ length: dim }, () => random.normal());
  const bytes = new Uint8Array((dim / 8) * bits);
  const { header, decoded } = encodeValues(values, bits, bytes);
  const levels = new Int8Array(bits >= 5 ? 2 * dim : dim).map((_, j) => (j < dim ? random.below(255) - 127 : 0));
  return { values, bytes, decoded, levels, step: floatOfHalf(header) / stepsInHeader };
}

describe('values of other widths', () => {
  it('come nearer with every bit', () => {
    const errors = [1, 2, 3, 5, 6, 7, 8].map((bits) => {
      const { values, decoded } = coded(bits);
      return values.reduce((sum, value, j) => sum + (value - decoded[j]!) ** 2, 0) / dim;
    });
    errors.forEach((error, i) => assert.ok(i === 0 || error < errors[i - 1]!, `${errors.join()}`));
    assert.ok(errors.at(-1)! < 1e-3);
  });

  it('have the product of what they decode to', () => {
    for (const bits of [1, 2, 3, 5, 6, 7, 8]) {
      const { bytes, decoded, levels, step } = coded(bits);
      const exact = decoded.reduce((sum, value, j) => sum + value * levels[j]!, 0) / step;
      const product = valueProduct(bytes, levels, bits) / (bits >= 5 ? 128 : 1);
      assert.ok(Math.abs(product - exact) < 0.01, `${bits} bits: ${product}, not ${exact}`);
    }
  });

  it('add the low part of a query', () => {
    const { bytes, levels } = coded(6);
    const low = levels.map((_, j) => (j < dim ? 0 : 1));
    const both = levels.map((level, j) => level + low[j]!);
    assert.equal(valueProduct(bytes, both, 6), valueProduct(bytes, levels, 6) + valueProduct(bytes, low, 6));
  });

  it('meet a query whose largest value has the largest level', () => {
    const levels = new Int8Array(64);
    const halfUnit = quantizeFinely(Float32Array.of(1, -2, 0.5), 2, levels);
    assert.deepEqual([...levels.subarray(0, 3)], [64, -127, 32]);
    assert.deepEqual([...levels.subarray(32, 35)], [-64, 0, -32]);
    assert.ok(Math.abs(2 * halfUnit * 127 * 128 - 2) < 1e-12);
  });
});
