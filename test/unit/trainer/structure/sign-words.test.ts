import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { encodeVectors } from '../../../../kernels/codes.js';
import { signCodebook, signWords } from '../../../../trainer/structure/sign-words.js';

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

describe('a codebook of signs', () => {
  it('keeps bases and anchors, and its factors reach what vectors need', () => {
    const dim = 6;
    const random = seededRandom(3);
    const vectors = Float32Array.from({ length: 200 * dim }, () => random.unit() - 0.5);
    const structure = { dim, centroids: Float32Array.of(1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0) };
    const from = { dim, bases: structure.centroids, anchors: structure.centroids };
    const codebook = signCodebook(structure, from, vectors);
    assert.deepEqual([codebook.bases, codebook.anchors, codebook.subquantizers], [from.bases, from.anchors, 2]);
    // |r|² / (r · word) of a word of norm 1 is at least |r|, and the longest residual here is longer than 1.
    assert.ok(codebook.rescale * 32_767 > 1);
    assert.ok(codebook.anchor > 0);
  });
});
