import assert from 'node:assert/strict';
import { encodeVectors } from '../../../kernels/codes.js';
import { signWords } from '../../../kernels/sign-words.js';

describe('sign words', () => {
  it('code a vector by the signs of its values', () => {
    const codebook = { words: signWords(2), subquantizers: 2, dsub: 4, rescale: 1, anchor: 1 };
    const { codes } = encodeVectors(codebook, Float32Array.of(3, -1, 0.5, -2, -1, -1, -1, 4), {
      base: null,
      anchor: null,
    });
    assert.equal(codes[0], 0b1000_0101);
  });

  it('have norm 1 together', () => {
    const words = signWords(3);
    const first = Array.from({ length: 12 }, (_, dimension) => words[dimension * 16]!);
    assert.ok(Math.abs(first.reduce((sum, value) => sum + value * value, 0) - 1) < 1e-6);
  });
});
