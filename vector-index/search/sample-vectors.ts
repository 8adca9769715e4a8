/** Vectors of living rows, chosen evenly at random: what training learns from. */
import type { Random } from '../../base/random.js';
import { toFloat32 } from '../../kernels/kernels.js';
import { hasBit } from '../bitmap.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import { hasDense } from '../segment/segment-reader.js';
import type { PinnedIndex } from './pinned-index.js';

/** Rows looked at between two pauses, and vectors read. */
const rowsPerTurn = 65_536;
const vectorsPerTurn = 4_096;

export interface SampleOptions {
  /** Vectors wanted; all where there are fewer. */
  readonly count: number;
  readonly dim: number;
  readonly random: Random;
  /** Lets others go first. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** A row of one of the segments. */
export interface SegmentRow {
  readonly segment: PinnedSegment;
  readonly row: number;
}

/** float32[n, dim], every living row with a vector equally likely; the same for the same segments and random numbers. Throws CANCELLED's AbortError. */
export async function sampleVectors(index: PinnedIndex, options: SampleOptions): Promise<Float32Array> {
  const { dim, pause, signal } = options;
  const rows = await chosenRows(index, options);
  await checkVectors(rows, signal);
  const vectors = new Float32Array(rows.length * dim);
  for (const [at, { segment, row }] of rows.entries()) {
    if (at % vectorsPerTurn === 0) {
      await pause();
      signal?.throwIfAborted();
    }
    vectors.set(toFloat32(segment.reader.dense!.subarray(row * dim, (row + 1) * dim)), at * dim);
  }
  return vectors;
}

/** Checks the vectors of `rows` where that was not done since the start: before they are read. DATA_LOSS as `SegmentChecks`. */
export async function checkVectors(rows: readonly SegmentRow[], signal: AbortSignal | undefined): Promise<void> {
  const bySegment = new Map<PinnedSegment, number[]>();
  for (const { segment, row } of rows) {
    if (segment.reader.checks === null) continue;
    const own = bySegment.get(segment);
    if (own === undefined) bySegment.set(segment, [row]);
    else own.push(row);
  }
  for (const [{ reader }, own] of bySegment) await reader.checks?.vectors(own, signal);
}

/** A reservoir over all segments: memory for the sample alone, however many rows there are. */
async function chosenRows(index: PinnedIndex, { count, random, pause, signal }: SampleOptions): Promise<SegmentRow[]> {
  const chosen: SegmentRow[] = [];
  let seen = 0;
  for (const segment of index.segments) {
    const { reader, rowCount, live } = segment;
    for (let row = 0; row < rowCount; row += 1) {
      if (row % rowsPerTurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      if ((live !== null && !hasBit(live, row)) || !hasDense(reader, row)) continue;
      seen += 1;
      if (chosen.length < count) chosen.push({ segment, row });
      else {
        const at = random.below(seen);
        if (at < count) chosen[at] = { segment, row };
      }
    }
  }
  return chosen;
}
