/**
 * A partition's state in memory: what was heard, on top of what the store has, and which of it may be stored.
 *
 * A record is settled once it and all before it have everything that they cause in the log. Only what is settled is committed, so that a
 * replay from the committed position causes again whatever may be missing.
 */
import { hashText } from '../../base/hash.js';
import type { Slices } from '../../vector-index/maintenance/slices.js';
import { Caused } from './caused.js';
import type { DirectoryEntry, VerdictRecord } from './store/directory-entry.js';
import type { DirectoryStore, ListedEntry } from './store/directory-store.js';
import { compareIds, idsAfter } from './store/id-order.js';
import type { Decision, PartitionView } from './decide.js';
import { SubjectTable } from './subject-table.js';
import { VerdictTable } from './verdict-table.js';

/** The ids of a partition: those whose XXH64 is from `first` to `last`. */
export interface HashRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** A record that was heard, until it is settled. */
export interface OpenRecord {
  readonly sequence: bigint;
  readonly code: number;
  readonly decision: Decision;
  /** Effects that the log has not acknowledged. */
  open: number;
  /** Largest position of a record that it caused; 0 = none. */
  caused: bigint;
}

/** An id that is gone since a position. Apart from entries, which are told from each other, one removal looks like the next. */
class Gone {
  readonly since: bigint;

  constructor(since: bigint) {
    this.since = since;
  }
}

const wholeRange = 2n ** 64n - 1n;

export class PartitionState implements PartitionView {
  readonly subjects: SubjectTable;
  readonly verdicts: VerdictTable;
  readonly caused: Caused;
  readonly #store: DirectoryStore;
  readonly #range: HashRange;
  readonly #isWhole: boolean;
  /** Entries that differ from the store's. */
  readonly #overlay = new Map<string, DirectoryEntry | Gone>();
  #unsettled: OpenRecord[] = [];
  /** How many of `#unsettled` are settled already. */
  #done = 0;
  /** Since the last commit. */
  #changes = new Map<string, DirectoryEntry | null>();
  #newVerdicts: VerdictRecord[] = [];
  #heard: bigint;
  #settled: bigint;
  #committed: bigint;
  #epoch: bigint;

  constructor(store: DirectoryStore, range: HashRange) {
    const { committed, subjects, epoch, caused } = store.marks;
    this.#store = store;
    this.#range = range;
    this.#isWhole = range.first === 0n && range.last === wholeRange;
    this.subjects = new SubjectTable(subjects);
    this.verdicts = new VerdictTable(store.verdicts);
    this.caused = new Caused(committed, caused);
    this.#heard = this.#settled = this.#committed = committed;
    this.#epoch = epoch;
  }

  /** Last position heard. */
  get heard(): bigint {
    return this.#heard;
  }

  /** Everything caused by records up to this position is in the log. */
  get settled(): bigint {
    return this.#settled;
  }

  /** What the store has. */
  get committed(): bigint {
    return this.#committed;
  }

  /** What the log has of the directory's subject after this position tells a copy without data of the writeIds that are remembered. */
  get rememberedAfter(): bigint {
    const { since } = this.verdicts;
    return since !== null && since <= this.#committed ? since - 1n : this.#committed;
  }

  /** Largest map epoch heard. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** Entries changed and settled since the last commit. */
  get changed(): number {
    return this.#changes.size;
  }

  /** Records heard and not settled. */
  get unsettled(): number {
    return this.#unsettled.length - this.#done;
  }

  entry(id: string): DirectoryEntry | null {
    const changed = this.#overlay.get(id);
    if (changed === undefined) return this.#store.get(id);
    return changed instanceof Gone ? null : changed;
  }

  owns(id: string): boolean {
    if (this.#isWhole) return true;
    const hash = hashText(id);
    return hash >= this.#range.first && hash <= this.#range.last;
  }

  codeOf(subject: string): number {
    return this.subjects.codeOf(subject);
  }

  onlyPlace(code: number): readonly number[] {
    return this.subjects.onlyPlace(code);
  }

  firstVerdict(writeId: string): VerdictRecord | null {
    return this.verdicts.ofWriteId(writeId);
  }

  /** At most `limit` entries whose ids follow `after`, ascending. */
  list(after: string, limit: number): readonly ListedEntry[] {
    const ours = new Pages(limit, after, (from) => idsAfter(this.#overlay.keys(), from, limit));
    const theirs = new Pages(limit, after, (from) => this.#store.list(from, limit).map(({ id }) => id));
    const merged: ListedEntry[] = [];
    while (merged.length < limit) {
      const [mine, stored] = [ours.present(), theirs.present()];
      if (mine === null && stored === null) break;
      const order = stored === null ? -1 : mine === null ? 1 : compareIds(mine, stored);
      const id = order <= 0 ? mine! : stored!;
      if (order <= 0) ours.leave();
      if (order >= 0) theirs.leave();
      const entry = this.entry(id);
      if (entry !== null) merged.push({ id, entry });
    }
    return merged;
  }

  /** Takes over what `decision` says of the record at `sequence` on `code`; `effects` of it are to come. */
  hear(
    record: { readonly sequence: bigint; readonly code: number; readonly epoch: bigint },
    decision: Decision,
  ): OpenRecord {
    const { sequence, code, epoch } = record;
    for (const [id, entry] of decision.changes) this.#overlay.set(id, entry ?? new Gone(sequence));
    if (decision.verdicts !== null) this.verdicts.add(decision.verdicts);
    this.subjects.note(code, sequence);
    this.#heard = sequence;
    if (epoch > this.#epoch) this.#epoch = epoch;
    const open = { sequence, code, decision, open: 0, caused: 0n };
    this.#unsettled.push(open);
    return open;
  }

  /** The log has nothing up to `sequence` that was not heard. */
  skipTo(sequence: bigint): void {
    if (sequence > this.#heard) this.#heard = sequence;
  }

  /** Settles what has nothing open, in order. True when anything was. */
  settle(): boolean {
    const before = this.#settled;
    while (this.#done < this.#unsettled.length && this.#unsettled[this.#done]!.open === 0) {
      this.#settleOne(this.#unsettled[this.#done]!);
      this.#done += 1;
    }
    if (this.#done > 1_024 || this.#done === this.#unsettled.length) {
      this.#unsettled = this.#unsettled.slice(this.#done);
      this.#done = 0;
    }
    if (this.#unsettled.length === 0) this.#settled = this.#heard;
    return this.#settled !== before;
  }

  /** Puts down what a rebuild found of an id, null = gone; before anything is heard. */
  restore(id: string, entry: DirectoryEntry | null): void {
    this.#overlay.set(id, entry ?? new Gone(0n));
    this.#changes.set(id, entry);
  }

  /** Puts down a verdict that a rebuild found. */
  restoreVerdict(verdict: VerdictRecord): void {
    this.verdicts.add(verdict);
    this.#newVerdicts.push(verdict);
  }

  /**
   * Stores what is settled; with `marksAt`, under that position. On failure everything is as before. One at a time; with `slices`
   * others get their turn meanwhile.
   */
  async commit(marksAt: bigint = this.#settled, slices: Slices | null = null): Promise<void> {
    const entries = this.#changes;
    const verdicts = this.#newVerdicts;
    const settled = this.#settled;
    this.#changes = new Map();
    this.#newVerdicts = [];
    const marks = {
      committed: marksAt,
      subjects: this.subjects.settledRows(),
      epoch: this.#epoch,
      caused: this.caused.upTo(marksAt),
    };
    try {
      await this.#store.commit({ marks, entries, verdicts });
    } catch (error) {
      // What came meanwhile is newer.
      for (const [id, entry] of this.#changes) entries.set(id, entry);
      this.#changes = entries;
      this.#newVerdicts = [...verdicts, ...this.#newVerdicts];
      throw error;
    }
    this.#committed = marksAt;
    for (const [id, entry] of entries) {
      const now = this.#overlay.get(id);
      // What was heard meanwhile stays, or a commit that ends between it and this would bring back what is gone.
      if (now === entry || (now instanceof Gone && now.since <= settled)) this.#overlay.delete(id);
      if (slices?.isOver === true) await slices.pause();
    }
  }

  /** The state is that after `sequence`, with what it caused up to `caused` and the largest map epoch: the end of a rebuild. */
  moveTo(sequence: bigint, { caused, epoch }: { readonly caused: bigint; readonly epoch: bigint }): void {
    this.#heard = this.#settled = sequence;
    if (epoch > this.#epoch) this.#epoch = epoch;
    this.caused.note(sequence, caused);
  }

  #settleOne({ sequence, code, decision, caused }: OpenRecord): void {
    for (const [id, entry] of decision.changes) this.#changes.set(id, entry);
    if (decision.verdicts !== null) this.#newVerdicts.push(decision.verdicts);
    if (caused > 0n) this.caused.note(sequence, caused);
    this.subjects.settle(code, sequence);
    this.#settled = sequence;
  }
}

/** Ids in ascending order, fetched `limit` at a time. */
class Pages {
  readonly #limit: number;
  readonly #fetch: (after: string) => readonly string[];
  #page: readonly string[];
  #at = 0;

  constructor(limit: number, after: string, fetch: (after: string) => readonly string[]) {
    this.#limit = limit;
    this.#fetch = fetch;
    this.#page = fetch(after);
  }

  /** The next id, or null. */
  present(): string | null {
    if (this.#at === this.#limit && this.#page.length === this.#limit) {
      this.#page = this.#fetch(this.#page[this.#limit - 1]!);
      this.#at = 0;
    }
    return this.#page[this.#at] ?? null;
  }

  leave(): void {
    this.#at += 1;
  }
}
