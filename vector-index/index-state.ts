/** The segments of an index and how far the log is applied: what applying, searching and maintaining share. One owner, one thread. */
import { assert } from '../base/assert.js';
import { FenceTable } from './fences.js';
import type { ListCoder } from './lists/list-coder.js';
import { ListSearchers } from './lists/list-searchers.js';
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
  readonly searchers = new ListSearchers();
  mutable: MutableState;
  readonly applied = new Map<string, bigint>();
  readonly fences = new FenceTable();
  /** Applied sequences that the committed manifest covers. */
  durable: ReadonlyMap<string, bigint> = new Map();
  #sealed: SealedState[] = [];
  #frozen: readonly MutableState[] = [];
  #coder: ListCoder | null = null;

  constructor(settings: ShardIndexSettings, coder: ListCoder | null = null) {
    this.settings = settings;
    this.#coder = coder;
    this.mutable = this.#emptyMutable();
  }

  get sealed(): SealedState[] {
    return this.#sealed;
  }

  set sealed(states: SealedState[]) {
    this.#sealed = states;
    this.searchers.close();
  }

  /** Segments that wait to be sealed, oldest first: they take no more documents. */
  get frozen(): readonly MutableState[] {
    return this.#frozen;
  }

  set frozen(states: readonly MutableState[]) {
    this.#frozen = states;
    this.searchers.close();
  }

  /** What puts documents into lists and codes them from now on; null = they come with their lists and get no codes. */
  get coder(): ListCoder | null {
    return this.#coder;
  }

  /** Its version; 0 without one. */
  get structureVersion(): number {
    return this.#coder?.structureVersion ?? 0;
  }

  /** Living rows of segments that are not current. */
  get olderRows(): number {
    return this.states.reduce((sum, state) => sum + (this.isCurrent(state) ? 0 : state.liveCount), 0);
  }

  /**
   * Whether the rows of a segment are in the lists of the present structure, and coded if it has any: it is of that structure, or of one whose
   * lists were but split since, and holds no row of those.
   */
  isCurrent({ reader }: { readonly reader: SegmentReader }): boolean {
    return this.searchers.isCurrent(this.#coder, reader);
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
