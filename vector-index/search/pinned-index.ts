/** All segments of an index as they were at one instant; held by a search so that sealing and merging cannot disturb it. */
import { hasBit } from '../bitmap.js';
import type { Selection } from '../filter/row-filter.js';
import { isOfVersion } from '../index-state.js';
import type { ListCoder } from '../lists/list-coder.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { PinnedSegment, SegmentState } from '../segment/segment-state.js';
import { selectedRows } from './selection.js';

/** Where a living passage is. */
export interface RowPlace {
  readonly segment: number;
  readonly row: number;
}

export class PinnedIndex {
  readonly segments: readonly PinnedSegment[];
  /** The structure of the index at that instant; null = rows are not coded. */
  readonly coder: ListCoder | null;
  readonly #states: readonly SegmentState[];
  #isReleased = false;

  constructor(states: readonly SegmentState[], coder: ListCoder | null = null) {
    this.#states = [...states];
    this.coder = coder;
    this.segments = this.#states.map((state) => state.pin());
  }

  /** Lets the segments go. Idempotent; afterwards no column may be read. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const state of this.#states) state.unpin();
  }

  /** Where the living passage is; null when it is not here. */
  place(docId: bigint, passage = 0): RowPlace | null {
    for (const [segment, { reader, rowCount, live }] of this.segments.entries()) {
      if (rowCount === 0) continue;
      if (!mayHold(reader, rowCount, docId)) continue;
      const row = reader.rowOf(docId, passage);
      if (row >= 0 && row < rowCount && (live === null || hasBit(live, row))) return { segment, row };
    }
    return null;
  }

  /** Where the living passages of a document are, in ascending order. */
  places(docId: bigint): RowPlace[] {
    const found: { place: RowPlace; passage: number }[] = [];
    for (const [segment, { reader, rowCount, live }] of this.segments.entries()) {
      for (const row of reader.rowsOf(docId)) {
        if (row >= rowCount || (live !== null && !hasBit(live, row))) continue;
        found.push({ place: { segment, row }, passage: reader.passages?.[row] ?? 0 });
      }
    }
    return found.sort((left, right) => left.passage - right.passage).map(({ place }) => place);
  }
}

/** Whether `docId` lies between the smallest and the largest of the segment; true where these are not known. */
function mayHold({ isOrdered, keyOrder, docIds }: SegmentReader, rowCount: number, docId: bigint): boolean {
  if (!isOrdered && keyOrder === null) return true;
  const first = keyOrder?.[0] ?? 0;
  const last = keyOrder?.[rowCount - 1] ?? rowCount - 1;
  return docId >= docIds[first]! && docId <= docIds[last]!;
}

/** The rows of a pinned index that a selection lets through, found when they are first asked for. */
export class SelectedIndex {
  readonly segments: readonly PinnedSegment[];
  readonly coder: ListCoder | null;
  readonly selection: Selection;
  readonly #selected: (Uint8Array | null | undefined)[];

  constructor({ segments, coder }: Pick<PinnedIndex, 'segments' | 'coder'>, selection: Selection) {
    this.segments = segments;
    this.coder = coder;
    this.selection = selection;
    this.#selected = new Array<undefined>(segments.length).fill(undefined);
  }

  /** Bitmap of the rows of segment number `segment` that live and are selected; null = all. */
  selected(segment: number): Uint8Array | null {
    const known = this.#selected[segment];
    if (known !== undefined) return known;
    // The rows of other structures are in other lists: any of them may belong to those asked for.
    const selection = this.isCurrent(segment) ? this.selection : { ...this.selection, lists: null };
    return (this.#selected[segment] = selectedRows(this.segments[segment]!, selection));
  }

  /** Whether the rows of a segment are in the lists of the index's structure. */
  isCurrent(segment: number): boolean {
    return isOfVersion(this.segments[segment]!, this.coder?.structureVersion ?? 0);
  }
}
