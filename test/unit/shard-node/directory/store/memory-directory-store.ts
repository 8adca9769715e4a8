/** A directory store in memory: what was committed lies on a disk object that outlives the store, all else dies with it. */
import type { Clock } from '../../../../../base/clock.js';
import { ShoalError } from '../../../../../base/errors.js';
import {
  noMarks,
  type DirectoryEntry,
  type DirectoryMarks,
  type VerdictRecord,
} from '../../../../../shard-node/directory/store/directory-entry.js';
import type {
  DirectoryCommit,
  DirectoryStore,
  HeldState,
  ListedEntry,
} from '../../../../../shard-node/directory/store/directory-store.js';
import { compareIds, sortedIds } from '../../../../../shard-node/directory/store/id-order.js';
import { keptVerdicts } from '../../../../../shard-node/directory/verdict-table.js';

interface DurableState {
  readonly marks: DirectoryMarks;
  readonly verdicts: readonly VerdictRecord[];
  readonly entries: ReadonlyMap<string, DirectoryEntry>;
}

/** What survives a crash. */
export class MemoryDirectoryDisk {
  state: DurableState = { marks: noMarks, verdicts: [], entries: new Map() };
  /** Commits fail with RESOURCE_EXHAUSTED while it is true. */
  isFull = false;
}

export class MemoryDirectoryStore implements DirectoryStore {
  readonly #disk: MemoryDirectoryDisk;
  readonly #clock: Clock;
  /** What this store reads: as of its own last commit, also after another one was opened on the disk. */
  #state: DurableState;
  #sorted: readonly string[] | null = null;
  #isClosed = false;

  /** Opens what is on `disk`. A crash is a store that is used no more, closed or not. */
  constructor(disk: MemoryDirectoryDisk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
    this.#state = disk.state;
  }

  get marks(): DirectoryMarks {
    return this.#state.marks;
  }

  get verdicts(): readonly VerdictRecord[] {
    return this.#state.verdicts;
  }

  get(id: string): DirectoryEntry | null {
    return this.#state.entries.get(id) ?? null;
  }

  list(after: string, limit: number): readonly ListedEntry[] {
    this.#sorted ??= sortedIds(this.#state.entries.keys());
    return listed(this.#state.entries, this.#sorted, { after, limit });
  }

  hold(): HeldState {
    const { marks, verdicts, entries } = this.#state;
    const sorted = sortedIds(entries.keys());
    const list = (after: string, limit: number): readonly ListedEntry[] => listed(entries, sorted, { after, limit });
    return { marks, verdicts, list, release: () => undefined };
  }

  async commit({ marks, entries, verdicts }: DirectoryCommit): Promise<void> {
    const changed = new Map(this.#state.entries);
    for (const [id, entry] of entries) {
      if (entry === null) changed.delete(id);
      else changed.set(id, entry);
    }
    const state = { marks, entries: changed, verdicts: keptVerdicts([...this.#state.verdicts, ...verdicts]) };
    // Not at once: a crash may come first.
    await this.#clock.pause();
    if (this.#isClosed) throw new ShoalError('UNAVAILABLE', 'the directory was closed');
    if (this.#disk.isFull) throw new ShoalError('RESOURCE_EXHAUSTED', 'disk full: the directory was not stored');
    this.#disk.state = this.#state = state;
    this.#sorted = null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}

function listed(
  entries: ReadonlyMap<string, DirectoryEntry>,
  sorted: readonly string[],
  { after, limit }: { readonly after: string; readonly limit: number },
): readonly ListedEntry[] {
  const first = after === '' ? 0 : sorted.findIndex((id) => compareIds(id, after) > 0);
  if (first < 0) return [];
  return sorted.slice(first, first + limit).map((id) => ({ id, entry: entries.get(id)! }));
}
