/** Portable twin of dense-scan.h. Sums in float64, so scores differ from the native ones within the bound stated there. */
import { assert } from '../../base/assert.js';
import { floatOfHalf } from '../float16/portable.js';
import { pause } from '../job.js';
import type { NativeKernels } from '../native-kernels.js';
import { isLive, TopK } from '../top-k.js';

// Some 100,000 multiplications, well below a millisecond.
const blockRows = 256;

/** See `NativeKernels.scanDense`. */
export const scanDense: NativeKernels['scanDense'] = async (rows, query, live, cancel, bestRows, bestScores) => {
  const dim = query.length;
  const count = rows.length / dim;
  const top = new TopK(bestRows, bestScores, -Infinity);
  for (let row = 0; row < count; row++) {
    if (row % blockRows === 0) {
      await pause();
      // A mapping closed meanwhile leaves nothing to read: the same to the caller as a cancel.
      if (cancel[0] !== 0 || rows.length !== count * dim) return -1;
    }
    if (isLive(live, row)) top.offer(row, Math.fround(scoreRow(rows, row, query)));
  }
  return top.finish();
};

/** See `NativeKernels.scoreDense`. */
export function scoreDense(
  rows: Uint16Array,
  query: Float32Array,
  rowNumbers: Uint32Array,
  scores: Float32Array,
): void {
  for (let i = 0; i < rowNumbers.length; i++) {
    assert((rowNumbers[i]! + 1) * query.length <= rows.length, 'row numbers are within the rows');
    scores[i] = scoreRow(rows, rowNumbers[i]!, query);
  }
}

/** See `NativeKernels.sumBytes`. */
export function sumBytes(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]!;
  return sum;
}

function scoreRow(rows: Uint16Array, row: number, query: Float32Array): number {
  const start = row * query.length;
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum += query[j]! * floatOfHalf(rows[start + j]!);
  return sum;
}
