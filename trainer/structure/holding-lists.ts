/**
 * How far a query is from reading the lists that hold its neighbours (ListNet, Cao et al. 2007, with lists as items):
 *
 *   L = −(1/N) Σ_n log Σ_{l holds n} p_l,   p = softmax(s);   ∂L/∂s_l = p_l − (1/N) Σ_n [l holds n] p_l / Σ_{m holds n} p_m
 */
import { softmax } from '../softmax.js';

/** Lists that hold a query's neighbours, by their places among the candidates. */
export interface HoldingLists {
  /** uint32[neighbours · copies], those of one neighbour side by side. */
  readonly wanted: Uint32Array;
  /** Lists of a neighbour. */
  readonly copies: number;
}

/** The loss at `scores` float64[candidates], and its derivatives by them. Where a neighbour's lists have no share at all, they have equal parts. */
export function holdingLoss(
  scores: Float64Array,
  { wanted, copies }: HoldingLists,
): { readonly loss: number; readonly gradient: Float64Array } {
  const { shares } = softmax(scores);
  const gradient = shares.slice();
  let loss = 0;
  for (let i = 0; i < wanted.length; i += copies) {
    const held = wanted.subarray(i, i + copies);
    const sum = held.reduce((total, place) => total + shares[place]!, 0);
    loss -= (Math.log(sum) * copies) / wanted.length;
    for (const place of held) {
      const part = sum > 0 ? shares[place]! / sum : 1 / copies;
      gradient[place]! -= (part * copies) / wanted.length;
    }
  }
  return { loss, gradient };
}
