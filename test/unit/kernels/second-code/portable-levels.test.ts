/** Codes of the second edition, by what they mean: the nearest of their levels, in steps that leave less than those of the first. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { floatOfHalf } from '../../../../kernels/float16/portable.js';
import { encodeLevels, magnitudesOf } from '../../../../kernels/second-code/portable-levels.js';
import { encodeValues, stepsInHeader } from '../../../../kernels/second-code/portable-values.js';

const dim = 384;
const widths = [1, 2, 3, 4, 5, 6, 7, 8];

function normals(seed: number): Float32Array {
  const random = seededRandom(seed);
  // The first values of small seeds lie far out.
  for (let i = 0; i < 20; i += 1) random.normal();
  return Float32Array.from({ length: dim }, () => random.normal());
}

function squaredError(values: Float32Array, decoded: Float32Array): number {
  return values.reduce((sum, value, j) => sum + (value - decoded[j]!) ** 2, 0) / dim;
}

describe('codes of the second edition', () => {
  it('leave what the levels of least squared error leave of normal values', () => {
    // Max 1960 and, from 7 bits on, what numbers up to 127 allow.
    const least = [0.3634, 0.1175, 0.03454, 0.0095, 0.0025, 0.00065, 0.000175, 0.00006];
    for (const bits of widths) {
      const errors = Array.from({ length: 20 }, (_, seed) =>
        squaredError(normals(seed), encodeLevels(normals(seed), bits, null).decoded),
      );
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      assert.ok(mean < 1.06 * least[bits - 1]!, `${bits} bits: ${mean}`);
    }
  });

  it('leave less than even levels of as many bits', () => {
    const ofFirst = squaredError(normals(3), encodeValues(normals(3), 7, new Uint8Array((dim / 8) * 7)).decoded);
    assert.ok(squaredError(normals(3), encodeLevels(normals(3), 7, null).decoded) < 0.75 * ofFirst);
  });

  it('stand for the nearest level, on the side of the value', () => {
    for (const bits of widths) {
      const values = normals(bits);
      const { header, codes, decoded } = encodeLevels(values, bits, null);
      const step = floatOfHalf(header) / stepsInHeader;
      values.forEach((value, j) => {
        const sizes = magnitudesOf(bits).map((magnitude) => Math.abs(Math.abs(value) - magnitude * step));
        const own = Math.abs(Math.abs(value) - Math.abs(decoded[j]!));
        assert.ok(own <= Math.min(...sizes) + 1e-5 * step, `${bits} bits: ${value} became ${decoded[j]}`);
        const sign = 1 << (bits - 1);
        const signed = bits === 8 ? (codes[j]! << 24) >> 24 < 0 : (codes[j]! & sign) !== 0;
        if (decoded[j] !== 0) assert.equal(signed, value < 0);
      });
    }
  });

  it('are those of no feedback where that is zeros', () => {
    const plain = encodeLevels(normals(5), 7, null);
    assert.deepEqual(encodeLevels(normals(5), 7, new Float32Array(dim * 128)), plain);
  });

  it('of zeros are zeros', () => {
    const { header, codes, decoded } = encodeLevels(new Float32Array(40), 4, null);
    assert.equal(header, 0);
    assert.ok(codes.every((code) => code === 0) && decoded.every((value) => value === 0));
  });
});
