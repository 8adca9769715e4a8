/** Exact scores of rows by inner product with their fp16 vectors. */
import { scoreDense } from '../../kernels/kernels.js';
import type { LearnedParameters } from '../codebook/learned-parameters.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { both } from './selection.js';

/** Rows scored on the event loop at a time: less than a millisecond's work. */
const directRows = 4_096;

export interface DenseQuery {
  /** float32[dim]. */
  readonly query: Float32Array;
  readonly k: number;
  /** What coded rows are scanned by where it belongs to their codes; left out = the codebook of these. */
  readonly learned?: LearnedParameters | null | undefined;
  /** Gives other work a turn. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** float32[numbers]: the scores of the `rows` float16[n, dim] numbered so, with pauses between. CANCELLED when the signal aborts. */
export async function scoresOf(
  rows: Uint16Array,
  dim: number,
  numbers: Uint32Array,
  { query, pause, signal }: DenseQuery,
): Promise<Float32Array> {
  if (numbers.length <= directRows) return scoreDense(rows, dim, query, numbers);
  const scores = new Float32Array(numbers.length);
  for (let from = 0; from < numbers.length; from += directRows) {
    if (from > 0) await pause();
    signal?.throwIfAborted();
    scores.set(scoreDense(rows, dim, query, numbers.subarray(from, from + directRows)), from);
  }
  return scores;
}

/** Rows that are selected and have a vector; null when all do. */
export function scannable({ reader, rowCount }: PinnedSegment, selected: Uint8Array | null): Uint8Array | null {
  const { densePresent } = reader;
  // A copy: the mutable segment's bits may change while another thread scans.
  if (densePresent !== null && selected === null) return densePresent.slice();
  return both(selected, densePresent, rowCount);
}
