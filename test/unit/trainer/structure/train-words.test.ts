import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { forEachCode, trainWords } from '../../../../trainer/structure/train-words.js';

const shape = { subquantizers: 3, dsub: 4 };
const dim = 12;
const random = seededRandom(6);
const residuals = Float32Array.from({ length: 2_000 * dim }, () => random.normal());

function errorOf(iterations: number): number {
  const words = trainWords(residuals, { ...shape, iterations, random: seededRandom(1) });
  let error = 0;
  forEachCode(residuals, { words, ...shape, rescale: 1, anchor: 1 }, undefined, (rows, codes) => {
    for (let i = 0; i < rows.length; i++) {
      const s = Math.floor((i % dim) / 4);
      const code = codes[Math.floor(i / dim) * 2 + (s >> 1)]!;
      error += (rows[i]! - words[(i % dim) * 16 + ((code >> (4 * (s & 1))) & 15)]!) ** 2;
    }
  });
  return error / residuals.length;
}

describe('training words', () => {
  it('lowers the error by every few iterations, to what sixteen words of four normal values leave', () => {
    const errors = [0, 1, 4, 12].map(errorOf);
    errors.slice(1).forEach((error, i) => assert.ok(error < errors[i]!, errors.join(' ')));
    // Sixteen words of four normal values leave about 0.31 of the variance; sixteen products of two words each 0.36.
    assert.ok(errors.at(-1)! < 0.36, errors.join(' '));
  });

  it('fills words that nothing is coded as', () => {
    const few = residuals.slice(0, 2 * dim);
    const words = trainWords(few, { ...shape, iterations: 3, random: seededRandom(1) });
    assert.ok(words.every(Number.isFinite) && words.some((word) => word !== 0));
  });
});
