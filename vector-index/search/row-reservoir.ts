/** Rows chosen evenly at random from among those that come by: memory for the chosen ones alone, however many there are. */
import type { Random } from '../../base/random.js';
import { toFloat32 } from '../../kernels/kernels.js';
import type { PinnedSegment } from '../segment/segment-state.js';

export interface SegmentRow {
  readonly segment: PinnedSegment;
  readonly row: number;
}

/** Reservoir sampling (algorithm R): each of the rows offered so far is equally likely to be among the chosen ones. */
export class RowReservoir {
  readonly #count: number;
  readonly #random: Random;
  readonly #rows: SegmentRow[] = [];
  #seen = 0;

  /** Of `count` rows, or of all where there are fewer. */
  constructor(count: number, random: Random) {
    this.#count = count;
    this.#random = random;
  }

  /** The chosen rows. */
  get rows(): readonly SegmentRow[] {
    return this.#rows;
  }

  offer(segment: PinnedSegment, row: number): void {
    this.#seen += 1;
    if (this.#rows.length < this.#count) {
      this.#rows.push({ segment, row });
      return;
    }
    const at = this.#random.below(this.#seen);
    if (at < this.#count) this.#rows[at] = { segment, row };
  }
}

/** float32[dim]: the vector of a row that has one. */
export function vectorOf({ segment, row }: SegmentRow, dim: number): Float32Array {
  return toFloat32(segment.reader.dense!.subarray(row * dim, (row + 1) * dim));
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
