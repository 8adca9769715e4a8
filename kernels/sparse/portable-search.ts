/** Portable twin of the search in sparse.h: it adds up everything and chooses from that, which is what the search means. */
import { assert } from '../../base/assert.js';
import { floatOfHalf } from '../float16/portable.js';
import { pause } from '../job.js';
import type { NativeKernels, SearchPostingsArrays } from '../native-kernels.js';
import { isLive } from '../top-k.js';

const cancelled = -1;
/** Postings between two looks at the stop sign: well below the 10 ms that a cancel may take. */
const postingsPerTurn = 65_536;

/** See `NativeKernels.searchPostings`. */
export const searchPostings: NativeKernels['searchPostings'] = (...search) => {
  checkSearch(search);
  const [, , terms, , , , limits, cancel] = search;
  if (cancel[0] === 1) return cancelled;
  const scores = new Float32Array(limits[0]!);
  for (let t = 0; t < terms.length; t += 2) addPostings(search, scores, t, [terms[t]!, terms[t + 1]!]);
  return choose(search, scores);
};

/** See `NativeKernels.searchPostingsAsync`. */
export const searchPostingsAsync: NativeKernels['searchPostingsAsync'] = async (...search) => {
  checkSearch(search);
  const [, , terms, , , , limits, cancel] = search;
  const scores = new Float32Array(limits[0]!);
  for (let t = 0; t < terms.length; t += 2) {
    for (let from = terms[t]!; from < terms[t + 1]!; from += postingsPerTurn) {
      await pause();
      if (cancel[0] === 1) return cancelled;
      addPostings(search, scores, t, [from, Math.min(from + postingsPerTurn, terms[t + 1]!)]);
    }
  }
  return choose(search, scores);
};

function addPostings(search: SearchPostingsArrays, scores: Float32Array, t: number, range: [number, number]): void {
  const [rows, weights, , factors] = search;
  const factor = factors[t / 2]!;
  for (let i = range[0]; i < range[1]; i++) {
    const row = rows[i]!;
    if (row < scores.length) scores[row]! += Math.fround(factor * floatOfHalf(weights[i]!));
  }
}

/** The best positive scores from the floor on, into the outputs. */
function choose(search: SearchPostingsArrays, scores: Float32Array): number {
  const [, , , , live, ties, limits, , bestRows, bestScores] = search;
  const found: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    if (scores[row]! > 0 && scores[row]! >= limits[1]! && isLive(live, row)) found.push(row);
  }
  found.sort((a, b) => scores[b]! - scores[a]! || compareTies(ties, a, b));
  const count = Math.min(found.length, bestRows.length);
  for (let i = 0; i < count; i++) {
    bestRows[i] = found[i]!;
    bestScores[i] = scores[found[i]!]!;
  }
  return count;
}

function compareTies(ties: BigUint64Array | null, a: number, b: number): number {
  if (ties === null || ties[a] === ties[b]) return a - b;
  return ties[a]! < ties[b]! ? -1 : 1;
}

/** What binding.cc requires. */
function checkSearch(search: SearchPostingsArrays): void {
  const [rows, weights, terms, factors, live, ties, limits, cancel, bestRows, bestScores] = search;
  assert(rows.length === weights.length && terms.length === 2 * factors.length, 'weights and terms are complete');
  assert(limits.length === 2 && cancel.length === 1, 'limits and stop sign are complete');
  assert(bestRows.length === bestScores.length && bestRows.length >= 1, 'there is room for one row at least');
  assert(live === null || live.length >= Math.ceil(limits[0]! / 8), 'live has a bit for every row');
  assert(ties === null || ties.length >= limits[0]!, 'there is a tie for every row');
  for (let t = 0; t < terms.length; t += 2) {
    const [start, end] = [terms[t]!, terms[t + 1]!];
    assert(start <= end && end <= rows.length, 'terms are within the postings');
  }
}
