/** Vectors of living rows, chosen evenly at random: what training learns from. */
import type { Random } from '../../base/random.js';
import { hasBit } from '../bitmap.js';
import { hasDense } from '../segment/segment-reader.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { PinnedIndex } from './pinned-index.js';
import { checkVectors, RowSample, vectorOf, type SegmentRow } from './row-sample.js';

/** Rows looked at between two pauses, and rows of a segment whose vectors are read between two. */
const rowsPerTurn = 16_384;
const rowsTogether = 8_192;

export interface SampleOptions {
  /** Vectors wanted; all where there are fewer. */
  readonly count: number;
  readonly dim: number;
  readonly random: Random;
  /** Documents that are left out. */
  readonly without?: ReadonlySet<bigint> | undefined;
  /** Lets others go first. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** float32[n, dim], every living row with a vector equally likely; the same for the same documents and random numbers. Throws CANCELLED's AbortError. */
export async function sampleVectors(index: PinnedIndex, options: SampleOptions): Promise<Float32Array> {
  const { dim, pause, signal } = options;
  const rows = await chosenRows(index, options);
  const vectors = new Float32Array(rows.length * dim);
  for (const together of await inFileOrder(rows, options)) {
    await pause();
    signal?.throwIfAborted();
    await checkVectors(
      together.map((at) => rows[at]!),
      signal,
    );
    for (const at of together) vectors.set(vectorOf(rows[at]!, dim), at * dim);
    rows[together[0]!]!.segment.reader.unload();
  }
  return vectors;
}

/**
 * Positions in `rows` by where their vectors lie in files, those near to each other together: so that a large sample has few pages of them in
 * memory at once.
 */
async function inFileOrder(
  rows: readonly SegmentRow[],
  { pause, signal }: Pick<SampleOptions, 'pause' | 'signal'>,
): Promise<number[][]> {
  const bySegment = new Map<PinnedSegment, number[][]>();
  for (const [at, { segment, row }] of rows.entries()) {
    if (at % rowsPerTurn === 0) {
      await pause();
      signal?.throwIfAborted();
    }
    const own = bySegment.get(segment) ?? [];
    if (own.length === 0) bySegment.set(segment, own);
    (own[Math.floor(row / rowsTogether)] ??= []).push(at);
  }
  // Places that no row was chosen of have no entry.
  return [...bySegment.values()].flatMap((own) => own.filter((together) => together.length > 0));
}

/** Over all segments. */
async function chosenRows(
  index: PinnedIndex,
  { count, random, without, pause, signal }: SampleOptions,
): Promise<readonly SegmentRow[]> {
  const chosen = new RowSample(count, random);
  for (const segment of index.segments) {
    const { reader, rowCount, live } = segment;
    for (let row = 0; row < rowCount; row += 1) {
      if (row % rowsPerTurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      const isWanted = (live === null || hasBit(live, row)) && hasDense(reader, row);
      if (isWanted && without?.has(reader.docIds[row]!) !== true) chosen.offer(segment, row);
    }
  }
  return chosen.rows;
}
