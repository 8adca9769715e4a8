/** Vectors of some lists, chosen evenly at random in each: what a list is divided by. */
import type { Random } from '../../base/random.js';
import { hasBit } from '../bitmap.js';
import { SealedLists } from '../lists/sealed-lists.js';
import { hasDense } from '../segment/segment-reader.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { PinnedIndex } from './pinned-index.js';
import { checkVectors, RowSample, vectorOf } from './row-sample.js';

/** Rows looked at between two pauses. */
const rowsPerTurn = 16_384;

/** Vectors copied between two pauses: about a millisecond's work where they have 384 components, lying anywhere. */
const copiesPerTurn = 256;

export interface SampleListsOptions {
  /** uint32: lists of the index's structure, each once. */
  readonly lists: Uint32Array;
  /** Vectors wanted of each; all where there are fewer. */
  readonly count: number;
  readonly dim: number;
  readonly random: Random;
  /** Lets others go first. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * float32[n, dim] for each of the lists, in their order: living rows of segments under the index's structure. Throws the signal's error when it
 * aborts.
 */
export async function sampleLists(index: PinnedIndex, options: SampleListsOptions): Promise<Float32Array[]> {
  const { lists, dim, count, random, pause, signal } = options;
  const chosen = new Map(Array.from(lists, (list) => [list, new RowSample(count, random)]));
  for (const segment of index.segments) await choose(segment, chosen, options);
  for (const { rows } of chosen.values()) await checkVectors(rows, signal);
  const samples: Float32Array[] = [];
  let copied = 0;
  for (const list of lists) {
    const { rows } = chosen.get(list)!;
    const vectors = new Float32Array(rows.length * dim);
    for (const [at, row] of rows.entries()) {
      if (copied % copiesPerTurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      copied += 1;
      vectors.set(vectorOf(row, dim), at * dim);
    }
    samples.push(vectors);
  }
  for (const { reader } of index.segments) reader.unload();
  return samples;
}

/** Of each list for itself. */
async function choose(
  segment: PinnedSegment,
  chosen: ReadonlyMap<number, RowSample>,
  { pause, signal }: SampleListsOptions,
): Promise<void> {
  const { reader, live } = segment;
  let looked = 0;
  for (const { list, from, to } of runsOf(segment, chosen)) {
    const own = chosen.get(list);
    for (let row = from; row < to; row += 1) {
      if (looked % rowsPerTurn === 0) {
        await pause();
        signal?.throwIfAborted();
      }
      looked += 1;
      if (own === undefined || (live !== null && !hasBit(live, row)) || !hasDense(reader, row)) continue;
      own.offer(segment, row);
    }
  }
}

/** Rows of one list each, at least all those of the wanted ones. */
function* runsOf(
  { reader, rowCount }: PinnedSegment,
  wanted: ReadonlyMap<number, unknown>,
): Generator<{ readonly list: number; readonly from: number; readonly to: number }> {
  const { coding } = reader;
  if (coding instanceof SealedLists) {
    for (const [at, list] of coding.numbers.entries()) {
      const from = coding.firsts[at]!;
      if (wanted.has(list)) yield { list, from, to: from + coding.counts[at]! };
    }
    return;
  }
  const { lists } = reader;
  for (let row = 0; row < rowCount; row += 1) yield { list: lists[row]!, from: row, to: row + 1 };
}
