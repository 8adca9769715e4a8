/** All segments of an index as they were at one instant; held by a search so that sealing and merging cannot disturb it. */
import { hasBit } from '../bitmap.js';
import type { PinnedSegment, SegmentState } from '../segment/segment-state.js';

/** Where a living document is. */
export interface RowPlace {
  readonly segment: number;
  readonly row: number;
}

export class PinnedIndex {
  readonly segments: readonly PinnedSegment[];
  readonly #states: readonly SegmentState[];
  #isReleased = false;

  constructor(states: readonly SegmentState[]) {
    this.#states = [...states];
    this.segments = this.#states.map((state) => state.pin());
  }

  /** Lets the segments go. Idempotent; afterwards no column may be read. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const state of this.#states) state.unpin();
  }

  /** Where the living document `docId` is; null when it is not here. */
  place(docId: bigint): RowPlace | null {
    for (const [segment, { reader, rowCount, live }] of this.segments.entries()) {
      if (rowCount === 0) continue;
      if (reader.isOrdered && (docId < reader.docIds[0]! || docId > reader.docIds[rowCount - 1]!)) continue;
      const row = reader.rowOf(docId);
      if (row >= 0 && row < rowCount && (live === null || hasBit(live, row))) return { segment, row };
    }
    return null;
  }
}
