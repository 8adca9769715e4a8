/** How far the order of a query's candidates is from a teacher's (ListNet: Cao et al. 2007; as a distillation in M3, arXiv 2402.03216, section 3.3). */
import { assert } from '../../base/assert.js';
import { softmax } from '../softmax.js';

/** Cross entropy of `shares` with softmax(scores / temperature), and its derivatives by the scores. */
export function listLoss(
  scores: readonly number[],
  shares: Float64Array,
  temperature: number,
): { readonly loss: number; readonly slopes: Float64Array } {
  assert(scores.length === shares.length && scores.length > 0, 'there is a share for every document');
  const own = softmax(scores, temperature);
  let loss = 0;
  const slopes = new Float64Array(scores.length);
  shares.forEach((share, d) => {
    loss -= share * own.logs[d]!;
    slopes[d] = (Math.exp(own.logs[d]!) - share) / temperature;
  });
  return { loss, slopes };
}
