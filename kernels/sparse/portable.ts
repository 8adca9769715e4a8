/** Portable twin of sparse.h, with the same bits, and of the top-k over a column of scores. */
import { assert } from '../../base/assert.js';
import { floatOfHalf } from '../float16/portable.js';
import type { NativeKernels } from '../native-kernels.js';
import { isLive, TopK } from '../top-k.js';

/** See `NativeKernels.accumulateSparse`. */
export const accumulateSparse: NativeKernels['accumulateSparse'] = (rows, weights, starts, ends, factors, scores) => {
  for (let t = 0; t < factors.length; t++) {
    assert(starts[t]! <= ends[t]! && ends[t]! <= rows.length, 'starts and ends are within the postings');
  }
  for (let t = 0; t < factors.length; t++) {
    for (let i = starts[t]!; i < ends[t]!; i++) {
      const row = rows[i]!;
      if (row < scores.length) scores[row]! += Math.fround(factors[t]! * floatOfHalf(weights[i]!));
    }
  }
};

/** See `NativeKernels.topK`. */
export const topK: NativeKernels['topK'] = (scores, live, minimum, bestRows, bestScores) => {
  const top = new TopK(bestRows, bestScores, Math.fround(minimum));
  for (let row = 0; row < scores.length; row++) {
    if (isLive(live, row)) top.offer(row, scores[row]!);
  }
  return top.finish();
};
