/** The segments of an index and how far the log is applied: what applying, searching and maintaining share. One owner, one thread. */
import { FenceTable } from './fences.js';
import { MutableSegment } from './segment/mutable-segment.js';
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
  /** The segment that is being sealed: it takes no more documents. */
  frozen: SegmentState | null = null;
  mutable: MutableState;
  readonly applied = new Map<string, bigint>();
  readonly fences = new FenceTable();
  /** Applied sequences that the committed manifest covers. */
  durable: ReadonlyMap<string, bigint> = new Map();

  constructor(settings: ShardIndexSettings) {
    this.settings = settings;
    this.mutable = new SegmentState(new MutableSegment(settings.dim), null);
  }

  /** All segments, oldest first. */
  get states(): readonly SegmentState[] {
    return this.frozen === null ? [...this.sealed, this.mutable] : [...this.sealed, this.frozen, this.mutable];
  }

  /** Bytes in memory that no file holds. */
  get unsealedBytes(): number {
    return this.mutable.reader.bytes + (this.frozen?.reader.bytes ?? 0);
  }

  /** From now on documents go to a new mutable segment; the old one is `frozen`, unless it is empty. */
  freeze(): void {
    if (this.mutable.reader.rowCount === 0) return;
    this.frozen = this.mutable;
    this.mutable = new SegmentState(new MutableSegment(this.settings.dim), null);
  }
}
