/** Feedback leads errors away from where residuals lie, and their sum of squares grows little. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { encodeLevels } from '../../../../kernels/second-code/portable-levels.js';
import { errorFeedback } from '../../../../trainer/structure/error-feedback.js';

const dim = 96;

/** Rows that lie along `lines` directions thrice as much as along others. */
function rows(count: number, lines: number, seed = 3): Float32Array {
  const random = seededRandom(seed);
  const directions = Float32Array.from({ length: lines * dim }, () => random.normal() / Math.sqrt(dim));
  const made = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const own = made.subarray(row * dim, (row + 1) * dim);
    for (let j = 0; j < dim; j++) own[j] = random.normal();
    for (let line = 0; line < lines; line++) {
      const share = 3 * random.normal();
      for (let j = 0; j < dim; j++) own[j]! += share * directions[line * dim + j]!;
    }
  }
  return made;
}

const random = () => seededRandom(1);

/** What the errors of `bits` show in products with other rows, and their mean square; the same rows with feedback and without. */
function errors(bits: number, feedback: Float32Array | null): { readonly shown: number; readonly square: number } {
  const [coded, others] = [rows(60, 12, 7), rows(60, 12, 8)];
  let [shown, square] = [0, 0];
  for (let row = 0; row < 60; row++) {
    const own = coded.subarray(row * dim, (row + 1) * dim);
    const { decoded } = encodeLevels(own, bits, feedback);
    const error = own.map((value, j) => value - decoded[j]!);
    square += error.reduce((sum, value) => sum + value * value, 0);
    for (let other = 0; other < 60; other++)
      shown += error.reduce((sum, value, j) => sum + value * others[other * dim + j]!, 0) ** 2;
  }
  return { shown, square };
}

describe('error feedback', () => {
  it('lets less of the error of rounding show in products, at every width that is trained with it', () => {
    const feedback = errorFeedback(rows(3_000, 12, 8), dim, { random: random() });
    for (const bits of [5, 6, 7, 8]) {
      const [plain, fed] = [errors(bits, null), errors(bits, feedback)];
      assert.ok(fed.shown < 0.75 * plain.shown, `${bits} bits: ${fed.shown / plain.shown}`);
      assert.ok(fed.square < 1.5 * plain.square, `${bits} bits: ${fed.square / plain.square}`);
    }
  });

  it('of rows that lie alike everywhere changes next to nothing', () => {
    const feedback = errorFeedback(rows(8_000, 0), dim, { random: random() })!;
    const largest = feedback.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest < 0.3, `${largest}`);
  });

  it('is the same for the same seed, and none where there is nothing to learn from', () => {
    const sample = rows(200, 3);
    assert.deepEqual(
      errorFeedback(sample, dim, { random: random() }),
      errorFeedback(sample, dim, { random: random() }),
    );
    assert.equal(errorFeedback(new Float32Array(10 * dim), dim, { random: random() }), null);
    assert.equal(errorFeedback(Float32Array.of(1, 2, 3), 1, { random: random() }), null);
    assert.equal(errorFeedback(new Float32Array(2_049).fill(1), 2_049, { random: random() }), null);
  });

  it('is finite for rows of one direction, of one row and of huge values', () => {
    const line = Float32Array.from({ length: 50 * dim }, (_, i) => (i % dim) + 1);
    for (const sample of [line, line.subarray(0, dim), line.map((value) => value * 600)]) {
      const feedback = errorFeedback(sample, dim, { random: random() })!;
      assert.ok(feedback.every((value) => Number.isFinite(value)));
    }
  });

  it('stops when it is told to', () => {
    const signal = AbortSignal.abort();
    assert.throws(() => errorFeedback(rows(200, 3), dim, { random: random(), signal }), { code: 'CANCELLED' });
  });
});
