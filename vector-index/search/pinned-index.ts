/** All segments of an index as they were at one instant; held by a search so that sealing and merging cannot disturb it. */
import type { ShoalError } from '../../base/errors.js';
import { hasBit } from '../bitmap.js';
import type { Selection } from '../filter/row-filter.js';
import type { ListCoder } from '../lists/list-coder.js';
import { ListSearchers } from '../lists/list-searchers.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import { damageOf, type PinnedSegment, type SegmentState } from '../segment/segment-state.js';
import { unlessAborted } from '../unless-aborted.js';
import { both, passing, searchableRows, selectedRows } from './selection.js';

/** Where a living passage is. */
export interface RowPlace {
  readonly segment: number;
  readonly row: number;
}

export class PinnedIndex {
  readonly segments: readonly PinnedSegment[];
  /** The structure of the index at that instant; null = rows are not coded. */
  readonly coder: ListCoder | null;
  /** Of the index: kept from search to search. */
  readonly searchers: ListSearchers;
  readonly #states: readonly SegmentState[];
  #isReleased = false;

  constructor(
    states: readonly SegmentState[],
    coder: ListCoder | null = null,
    searchers: ListSearchers = new ListSearchers(),
  ) {
    this.searchers = searchers;
    this.#states = [...states];
    this.coder = coder;
    this.segments = this.#states.map((state) => state.pin());
  }

  /** As `SegmentReader.damage`, of the first segment that has any. */
  get damage(): ShoalError | null {
    return damageOf(this.#states);
  }

  /** Lets the segments go. Idempotent; afterwards no column may be read. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const state of this.#states) state.unpin();
  }

  /**
   * Finds where the rows of lists that were split lie now: then segments that are not rewritten yet answer as if they were. Throws the signal's
   * reason as soon as it aborts; what was begun goes on, for whoever comes next.
   */
  async prepare(pause: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    const { coder, searchers } = this;
    if (coder === null) return;
    const moved = searchers.movedRows(coder);
    const unknown = this.#states.filter(
      ({ reader }) => reader.rowCount > 0 && moved.isOlder(reader) && moved.known(reader) === null,
    );
    if (unknown.length === 0) return;
    signal?.throwIfAborted();
    // Who waits may give up and let its pin go: the work has one of its own.
    const held = new PinnedIndex(unknown, coder, searchers);
    const findAll = async (): Promise<void> => {
      try {
        for (const { reader } of unknown) await moved.find(reader, pause);
      } finally {
        held.release();
      }
    };
    await unlessAborted(findAll(), signal);
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
  const first = keyOrder?.at(0) ?? 0;
  const last = keyOrder?.at(rowCount - 1) ?? rowCount - 1;
  return docId >= docIds[first]! && docId <= docIds[last]!;
}

/** The rows of a pinned index that a selection lets through, found when they are first asked for. */
export class SelectedIndex {
  readonly segments: readonly PinnedSegment[];
  readonly coder: ListCoder | null;
  readonly searchers: ListSearchers;
  readonly selection: Selection;
  readonly #selected: (Uint8Array | null | undefined)[];
  readonly #passing: (Uint8Array | null | undefined)[];

  constructor(
    { segments, coder, searchers }: Pick<PinnedIndex, 'segments' | 'coder' | 'searchers'>,
    selection: Selection,
  ) {
    this.segments = segments;
    this.searchers = searchers;
    this.coder = coder;
    this.selection = selection;
    this.#selected = new Array<undefined>(segments.length).fill(undefined);
    this.#passing = this.#selected.slice();
  }

  /** Bitmap of the rows of segment number `segment` that live and are selected; null = all. */
  selected(segment: number): Uint8Array | null {
    const known = this.#selected[segment];
    if (known !== undefined) return known;
    return (this.#selected[segment] = this.#select(segment));
  }

  #select(at: number): Uint8Array | null {
    const segment = this.segments[at]!;
    const passing = this.passing(at);
    if (this.isCurrent(at)) return selectedRows(segment, this.selection, passing);
    const { filter, lists } = this.selection;
    const anywhere = selectedRows(segment, { filter, lists: null }, passing);
    const byList = this.coder && this.searchers.movedRows(this.coder).byList(segment.reader);
    // The rows of other structures are in other lists: any of them may belong to those asked for.
    if (byList === null || lists === null || segment.rowCount === 0) return anywhere;
    return both(anywhere, byList.bitmap(lists), segment.rowCount);
  }

  /** The same with the rows whose second list is asked for: a row counts by its first, and is found by either. */
  searchable(segment: number): Uint8Array | null {
    if (!this.isCurrent(segment)) return this.selected(segment);
    return searchableRows(this.segments[segment]!, this.selection, this.passing(segment));
  }

  /** The rows of segment number `segment` that pass the filter, living or not, in whatever list; null = all. */
  passing(segment: number): Uint8Array | null {
    const known = this.#passing[segment];
    if (known !== undefined) return known;
    return (this.#passing[segment] = passing(this.segments[segment]!, this.selection.filter));
  }

  /** Whether the rows of a segment can be searched by their codes: those of the index's structure, or of one whose lists were split since. */
  isCoded(at: number): boolean {
    const { reader } = this.segments[at]!;
    return this.coder !== null && (this.isCurrent(at) || this.searchers.movedRows(this.coder).known(reader) !== null);
  }

  /** Whether the rows of a segment are in the lists of the index's structure. */
  isCurrent(segment: number): boolean {
    return this.searchers.isCurrent(this.coder, this.segments[segment]!.reader);
  }
}
