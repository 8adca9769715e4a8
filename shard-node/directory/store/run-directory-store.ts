/**
 * The directory on disk: sorted, immutable runs and one manifest, as an index keeps its segments.
 *
 * A commit writes what changed as one more run; runs of similar size are merged beside it. A tree of pages (lmdb) was measured first:
 * ids come in no order, so a commit of a few thousand touches nearly every page, and with copies of all of them kept for two commits
 * it took 160 to 180 bytes a document of 36 that are stored; nor does it check what it reads.
 */
import { basename, join } from 'node:path';
import { assert } from '../../../base/assert.js';
import type { Clock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import { diskError } from '../../../vector-index/durable-file.js';
import { checkIdentity, identitiesOf } from '../../../vector-index/file-identities.js';
import type { Files } from '../../../vector-index/files.js';
import { Slices } from '../../../vector-index/maintenance/slices.js';
import { verdictKeptMs, type DirectoryEntry, type DirectoryMarks, type VerdictRecord } from './directory-entry.js';
import type { DirectoryCommit, DirectoryStore, HeldState, ListedEntry } from './directory-store.js';
import { HeldRuns } from './held-runs.js';
import { probeOf, type IdProbe } from './id-filter.js';
import { sortIds } from './id-order.js';
import { MergedCursor, mergeCount, mergeRuns } from './merge-runs.js';
import { decodeValue } from './run-format.js';
import { Run } from './run.js';
import { RunWriter } from './run-writer.js';
import {
  directoryManifestName,
  emptyManifest,
  namedFiles,
  readStoreManifest,
  writeStoreManifest,
  type StoreManifest,
} from './store-manifest.js';
import { decodeVerdicts, encodeVerdicts } from './verdict-file.js';
import { keptVerdicts } from '../verdict-table.js';

/** More files of verdicts become one. */
const verdictFilesMax = 16;

export interface RunDirectoryStoreOptions {
  /** Its own folder; made when missing. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
}

export class RunDirectoryStore implements DirectoryStore {
  readonly #options: RunDirectoryStoreOptions;
  #manifest: StoreManifest;
  /** Oldest first. */
  #runs: Run[];
  readonly #held = new HeldRuns((run) => this.#runs.includes(run));
  #verdicts: readonly VerdictRecord[];
  #nextNumber: number;
  /** Manifests are replaced one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #merging: Promise<void> | null = null;
  #mergeFailure: ShoalError | null = null;
  #isClosed = false;
  readonly #id = Buffer.alloc(limits.idBytesMax);
  readonly #probe: IdProbe = { first: 0, step: 0 };

  private constructor(
    options: RunDirectoryStoreOptions,
    manifest: StoreManifest,
    runs: Run[],
    verdicts: readonly VerdictRecord[],
  ) {
    this.#options = options;
    this.#manifest = manifest;
    this.#runs = runs;
    this.#verdicts = verdicts;
    this.#nextNumber = manifest.nextNumber;
  }

  /** Opens what is in the folder. DATA_LOSS when it is damaged, FAILED_PRECONDITION when a newer Shoal wrote it. */
  static async open(options: RunDirectoryStoreOptions): Promise<RunDirectoryStore> {
    const { files, directory } = options;
    await files.makeDirectory(directory);
    const manifest = (await readStoreManifest(files, directory)) ?? emptyManifest;
    await removeUnnamed(options, manifest);
    const verdicts: VerdictRecord[] = [];
    for (const { file } of manifest.verdicts) verdicts.push(...(await readVerdicts(files, join(directory, file))));
    const runs: Run[] = [];
    try {
      for (const file of manifest.runs) runs.push(Run.open(files, join(directory, file)));
      for (const file of namedFiles(manifest)) checkIdentity(files, directory, file, manifest.identities);
    } catch (error) {
      for (const run of runs) run.close();
      throw error;
    }
    return new RunDirectoryStore(options, manifest, runs, verdicts);
  }

  get marks(): DirectoryMarks {
    return this.#manifest.marks;
  }

  get verdicts(): readonly VerdictRecord[] {
    return this.#verdicts;
  }

  get(id: string): DirectoryEntry | null {
    const idBytes = this.#encodeId(id);
    if (this.#runs.length === 0) return null;
    probeOf(this.#id.subarray(0, idBytes), this.#probe);
    try {
      return this.#find(idBytes);
    } finally {
      for (const run of this.#runs) run.requireWhole();
    }
  }

  #find(idBytes: number): DirectoryEntry | null {
    for (let at = this.#runs.length - 1; at >= 0; at -= 1) {
      const entry = this.#runs[at]!.get(this.#id, idBytes, this.#probe);
      if (entry !== undefined) return entry;
    }
    return null;
  }

  list(after: string, limit: number): readonly ListedEntry[] {
    return listEntries(this.#runs, after, limit);
  }

  hold(): HeldState {
    const runs = this.#runs;
    const release = this.#held.hold(runs);
    const list = (after: string, limit: number): readonly ListedEntry[] => listEntries(runs, after, limit);
    return { marks: this.marks, verdicts: this.#verdicts, list, release };
  }

  async commit(commit: DirectoryCommit): Promise<void> {
    if (this.#mergeFailure !== null) throw this.#mergeFailure;
    const { files, directory } = this.#options;
    const written: string[] = [];
    try {
      const run = commit.entries.size === 0 ? null : await this.#writeRun(commit.entries, written);
      const kept = keptVerdicts([...this.#verdicts, ...commit.verdicts]);
      const verdictFiles = await this.#writeVerdicts(commit.verdicts, kept, written);
      if (written.length > 0) await files.syncDirectory(directory);
      await this.#inTurn(() => this.#install(commit.marks, run, verdictFiles));
      this.#verdicts = kept;
    } catch (error) {
      await this.#removeUnlessNamed(written);
      throw error;
    }
    this.#startMerge();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#merging;
    await this.#turn;
    for (const run of this.#runs) run.close();
    this.#held.closeAll();
  }

  #encodeId(id: string): number {
    // A longer one would be cut off, and so taken for another.
    assert(id.length <= limits.idBytesMax && Buffer.byteLength(id) <= limits.idBytesMax, 'an id has at most 256 bytes');
    return this.#id.write(id, 'utf8');
  }

  #newName(kind: string): string {
    return `${kind}-${String(this.#nextNumber++).padStart(8, '0')}`;
  }

  async #writeRun(entries: DirectoryCommit['entries'], written: string[]): Promise<Run> {
    const { directory, files, clock } = this.#options;
    const name = this.#newName('run');
    written.push(name);
    const slices = new Slices(clock);
    const ids = await sortIds(entries.keys(), slices);
    const writer = await RunWriter.create(files, join(directory, name), ids.length);
    try {
      for (const id of ids) {
        writer.add(this.#id, this.#encodeId(id), entries.get(id) ?? null);
        if (writer.isPieceFull) await writer.flush();
        if (slices.isOver) await slices.pause();
      }
      await writer.finish();
    } finally {
      await writer.close();
    }
    return Run.open(files, join(directory, name));
  }

  async #writeVerdicts(
    added: readonly VerdictRecord[],
    kept: readonly VerdictRecord[],
    written: string[],
  ): Promise<StoreManifest['verdicts']> {
    const before = this.#manifest.verdicts;
    if (added.length === 0) return before;
    const { directory, files } = this.#options;
    const newestMs = kept.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0);
    const live = before.filter((each) => each.newestMs >= newestMs - verdictKeptMs);
    const isOne = live.length >= verdictFilesMax;
    const file = this.#newName('verdicts');
    const path = join(directory, file);
    written.push(file);
    try {
      const writable = await files.create(path);
      try {
        await writable.write(encodeVerdicts(isOne ? kept : added));
        await writable.sync();
      } finally {
        await writable.close();
      }
    } catch (thrown) {
      throw diskError(thrown, path);
    }
    return [...(isOne ? [] : live), { file, newestMs }];
  }

  /** In turn. */
  async #install(marks: DirectoryMarks, run: Run | null, verdicts: StoreManifest['verdicts']): Promise<void> {
    const runs = run === null ? this.#runs : [...this.#runs, run];
    await this.#replaceManifest({ marks, runs, verdicts }).catch((error: unknown) => {
      run?.close();
      throw error;
    });
  }

  /** Runs that are no longer named are removed, and closed where nobody holds them: every other read ends within one turn of the event loop. */
  async #replaceManifest(state: Pick<StoreManifest, 'marks' | 'verdicts'> & { readonly runs: Run[] }): Promise<void> {
    const { directory, files } = this.#options;
    const { marks, verdicts } = state;
    const before = this.#manifest;
    const named = { verdicts, runs: state.runs.map(({ path }) => basename(path)) };
    const identities = identitiesOf(files, directory, namedFiles(named), before.identities);
    const manifest = { marks, ...named, nextNumber: this.#nextNumber, identities };
    await writeStoreManifest(files, directory, manifest);
    const gone = this.#runs.filter((run) => !state.runs.includes(run));
    this.#manifest = manifest;
    this.#runs = state.runs;
    for (const run of gone) this.#held.close(run);
    const isNamed = new Set(namedFiles(manifest));
    for (const name of namedFiles(before)) if (!isNamed.has(name)) await files.remove(join(directory, name));
  }

  /** Runs `task` after those before it, whether they failed or not. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(task);
    // Whoever asked hears of it; the next one goes on.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #startMerge(): void {
    if (this.#merging !== null || this.#isClosed) return;
    const count = mergeCount(this.#runs.map(({ bytes }) => bytes));
    if (count === 0) return;
    this.#merging = this.#merge(this.#runs.slice(-count)).then(
      () => {
        this.#merging = null;
        this.#startMerge();
      },
      (error: unknown) => {
        this.#merging = null;
        // Without room nothing is lost, and the next commit begins another merge; all else is told by the next commit.
        const failure = ShoalError.from(error);
        if (failure.code !== 'RESOURCE_EXHAUSTED') this.#mergeFailure = failure;
      },
    );
  }

  async #merge(merged: readonly Run[]): Promise<void> {
    const { directory, files, clock } = this.#options;
    const path = join(directory, this.#newName('run'));
    const isOldest = merged[0] === this.#runs[0];
    const slices = new Slices(clock);
    const isCancelled = (): boolean => this.#isClosed;
    try {
      const hasRun = await mergeRuns({ runs: merged, isOldest, files, path, slices, isCancelled });
      if (this.#isClosed) return;
      if (hasRun) await files.syncDirectory(directory);
      await this.#inTurn(() => this.#exchange(merged, hasRun ? Run.open(files, path) : null));
    } finally {
      if (!this.#runs.some((run) => run.path === path)) await this.#removeUnlessNamed([basename(path)]);
    }
  }

  /** In turn. */
  async #exchange(merged: readonly Run[], by: Run | null): Promise<void> {
    const { marks, verdicts } = this.#manifest;
    const at = this.#runs.indexOf(merged[0]!);
    const instead = by === null ? [] : [by];
    const runs = [...this.#runs.slice(0, at), ...instead, ...this.#runs.slice(at + merged.length)];
    await this.#replaceManifest({ marks, verdicts, runs }).catch((error: unknown) => {
      by?.close();
      throw error;
    });
  }

  /** Takes `names` away after a failure, unless the manifest that was being written has reached the disk and needs them. */
  async #removeUnlessNamed(names: readonly string[]): Promise<void> {
    const { directory, files } = this.#options;
    const manifest = await readStoreManifest(files, directory);
    const named = new Set([...(manifest?.runs ?? []), ...(manifest?.verdicts ?? []).map(({ file }) => file)]);
    for (const name of names) if (!named.has(name)) await files.remove(join(directory, name));
  }
}

function listEntries(runs: readonly Run[], after: string, limit: number): readonly ListedEntry[] {
  const listed: ListedEntry[] = [];
  try {
    const cursor = new MergedCursor(runs, after === '' ? undefined : Buffer.from(after, 'utf8'));
    while (listed.length < limit && cursor.next()) {
      const { top } = cursor;
      const entry = decodeValue(top.file, top.valueAt);
      if (entry !== null) listed.push({ id: top.id.toString('utf8', 0, top.idBytes), entry });
    }
  } finally {
    for (const run of runs) run.requireWhole();
  }
  return listed;
}

async function readVerdicts(files: Files, path: string): Promise<readonly VerdictRecord[]> {
  try {
    return decodeVerdicts(await files.read(path), path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    throw new ShoalError('DATA_LOSS', `${path} is missing`, { cause: thrown, details: { damaged: path } });
  }
}

/** What a crash left half made. */
async function removeUnnamed({ files, directory }: RunDirectoryStoreOptions, manifest: StoreManifest): Promise<void> {
  const named = new Set([directoryManifestName, ...namedFiles(manifest)]);
  for (const name of await files.list(directory)) {
    if (!named.has(name)) await files.remove(join(directory, name));
  }
}
