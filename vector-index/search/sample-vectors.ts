/** Vectors of living rows, chosen evenly at random: what training learns from. */
import type { Random } from '../../base/random.js';
import { hasBit } from '../bitmap.js';
import { hasDense } from '../segment/segment-reader.js';
import type { PinnedIndex } from './pinned-index.js';
import { checkVectors, RowReservoir, vectorOf, type SegmentRow } from './row-reservoir.js';

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

/** float32[n, dim], every living row with a vector equally likely; the same for the same segments and random numbers. Throws CANCELLED's AbortError. */
export async function sampleVectors(index: PinnedIndex, options: SampleOptions): Promise<Float32Array> {
  const { dim, pause, signal } = options;
  const rows = await chosenRows(index, options);
  const vectors = new Float32Array(rows.length * dim);
  const asTheyLie = inFileOrder(index, rows);
  for (let from = 0; from < rows.length; from += vectorsPerTurn) {
    await pause();
    signal?.throwIfAborted();
    const turn = asTheyLie.subarray(from, from + vectorsPerTurn);
    await checkVectors(
      Array.from(turn, (at) => rows[at]!),
      signal,
    );
    for (const at of turn) vectors.set(vectorOf(rows[at]!, dim), at * dim);
    for (const { reader } of index.segments) reader.unload();
  }
  return vectors;
}

/** Positions in `rows` in the order in which their vectors lie in files: so that a large sample has few pages of them in memory at once. */
function inFileOrder(index: PinnedIndex, rows: readonly SegmentRow[]): Uint32Array {
  const numbers = new Map(index.segments.map((segment, number) => [segment, number]));
  const places = rows.map(({ segment, row }) => numbers.get(segment)! * 2 ** 32 + row);
  return Uint32Array.from(rows.keys()).sort((left, right) => places[left]! - places[right]!);
}

/** A reservoir over all segments. */
async function chosenRows(
  index: PinnedIndex,
  { count, random, pause, signal }: SampleOptions,
): Promise<readonly SegmentRow[]> {
  const chosen = new RowReservoir(count, random);
  for (const segment of index.segments) {
    const { reader, rowCount, live } = segment;
    for (let row = 0; row < rowCount; row += 1) {
      if (row % rowsPerTurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      if ((live === null || hasBit(live, row)) && hasDense(reader, row)) chosen.offer(segment, row);
    }
  }
  return chosen.rows;
}
