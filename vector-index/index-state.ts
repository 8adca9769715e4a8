/** The segments of an index and how far the log is applied: what applying, searching and maintaining share. One owner, one thread. */
import { assert } from '../base/assert.js';
import { FenceTable } from './fences.js';
import type { ListCoder } from './lists/list-coder.js';
import { MutableSegment } from './segment/mutable-segment.js';
import type { SegmentReader } from './segment/segment-reader.js';
import { SegmentState, type MutableState, type SealedState } from './segment/segment-state.js';

export interface ShardIndexSettings {
  /** Components of a dense vector; 0 when documents have none. */
  readonly dim: number;
  /** Components of a token vector; 0 when documents have none. */
  readonly tokenDim: number;
}

export class IndexState {
  readonly settings: ShardIndexSettings;
  sealed: SealedState[] = [];
  /** Segments that wait to be sealed, oldest first: they take no more documents. */
  frozen: readonly MutableState[] = [];
  mutable: MutableState;
  readonly applied = new Map<string, bigint>();
  readonly fences = new FenceTable();
  /** Applied sequences that the committed manifest covers. */
  durable: ReadonlyMap<string, bigint> = new Map();
  #coder: ListCoder | null = null;

  constructor(settings: ShardIndexSettings, coder: ListCoder | null = null) {
    this.settings = settings;
    this.#coder = coder;
    this.mutable = this.#emptyMutable();
  }

  /** What puts documents into lists and codes them from now on; null = they come with their lists and get no codes. */
  get coder(): ListCoder | null {
    return this.#coder;
  }

  /** Its version; 0 without one. */
  get structureVersion(): number {
    return this.#coder?.structureVersion ?? 0;
  }

  /** Living rows of segments of older structures. */
  get olderRows(): number {
    return this.states.reduce(
      (sum, state) => sum + (isOfVersion(state, this.structureVersion) ? 0 : state.liveCount),
      0,
    );
  }

  /** All segments, oldest first. */
  get states(): readonly SegmentState[] {
    return [...this.sealed, ...this.frozen, this.mutable];
  }

  /** Bytes in memory that no file holds. */
  get unsealedBytes(): number {
    return this.frozen.reduce((sum, { reader }) => sum + reader.bytes, this.mutable.reader.bytes);
  }

  /** From now on documents go to a new mutable segment; the old one joins `frozen` and is the answer, null when it is empty. */
  freeze(): MutableState | null {
    const old = this.mutable;
    if (old.reader.rowCount === 0) return null;
    this.frozen = [...this.frozen, old];
    this.mutable = this.#emptyMutable();
    return old;
  }

  /** From now on documents are coded by `coder`. What the mutable segment held has to be frozen before. */
  recode(coder: ListCoder): void {
    assert(this.mutable.reader.rowCount === 0, 'a segment is of one structure');
    this.#coder = coder;
    this.mutable = this.#emptyMutable();
  }

  #emptyMutable(): MutableState {
    return new SegmentState(new MutableSegment(this.settings.dim, this.#coder), null);
  }
}

/** Whether the rows of a segment are in the lists of structure `version`, and coded if it is not 0. */
export function isOfVersion({ reader }: { readonly reader: SegmentReader }, version: number): boolean {
  return (reader.coding?.structureVersion ?? 0) === version;
}
