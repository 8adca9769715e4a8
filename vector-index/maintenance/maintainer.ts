/**
 * Seals, merges and commits, beside searches and writes.
 *
 * Whatever is committed is the state after the durable marks, no earlier and no later: a seal freezes the mutable segment, the marks
 * and every bitmap in one instant; a merge drops only rows that the manifest already calls dead. Rows that die while a file is
 * written are marked dead in the new segment before it takes over.
 */
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { clearedRows, fullBitmap } from '../bitmap.js';
import { writeFences, type FenceSnapshot } from '../fences.js';
import { identitiesOf } from '../file-identities.js';
import type { Files } from '../files.js';
import type { IndexState } from '../index-state.js';
import type { ListCoder } from '../lists/list-coder.js';
import { recodeSegment } from '../lists/recode-segment.js';
import { readManifest, writeManifest, type Manifest } from '../manifest.js';
import { droppedRow, type RowOrder, type SegmentSource } from '../segment/row-order.js';
import { SealedSegment } from '../segment/sealed-segment.js';
import { damageOf, SegmentState, type MutableState, type SealedState } from '../segment/segment-state.js';
import { writeTombstones } from '../segment/tombstones.js';
import { writeSegment } from '../segment/write-segment.js';
import type { ShardIndexLimits } from '../shard-index-limits.js';
import { planFences, type FenceFile } from './fence-files.js';
import { FileKeeper } from './file-keeper.js';
import { fencesName, namedFiles, segmentName, snapshotName, tombstoneName } from './index-files.js';
import { holdSnapshot, type IndexSnapshot } from './index-snapshot.js';
import { planMerge } from './merge-plan.js';
import { Slices } from './slices.js';

/** Slices of a merge after which what it read of its sources leaves the process's memory: some tens of megabytes. */
const slicesLoaded = 32;

/** What a seal commits: all of one instant. */
interface PendingSeal {
  /** Null when there was nothing to freeze. */
  readonly frozen: MutableState | null;
  readonly marks: ReadonlyMap<string, bigint>;
  readonly lives: ReadonlyMap<SegmentState, Uint8Array | null>;
  readonly fences: FenceSnapshot;
}

/** What of the log a commit covers, and what it remembers of superseded ids. */
type CommitPoint = Pick<PendingSeal, 'marks' | 'fences'>;

/** A sealed segment as the next manifest names it. */
interface CommitEntry {
  readonly state: SealedState;
  readonly live: Uint8Array | null;
}

export interface MaintainerOptions {
  readonly files: Files;
  readonly directory: string;
  readonly state: IndexState;
  readonly manifest: Manifest;
  /** The files that the manifest names for superseded ids. */
  readonly fenceFiles: readonly FenceFile[];
  readonly limits: ShardIndexLimits;
  readonly clock: Clock;
}

export class Maintainer {
  readonly #options: MaintainerOptions;
  readonly #keeper: FileKeeper;
  /** What the committed manifest remembers of superseded ids. */
  #fences: FenceSnapshot;
  #fenceFiles: readonly FenceFile[];
  #manifest: Manifest;
  #nextNumber: number;
  /** What was frozen and is not yet written, oldest first. */
  #pending: readonly PendingSeal[] = [];
  #isClosing = false;
  /** Whether a seal failed, or the structure changed: what was frozen waits to be written and counts no longer as mutable. */
  #isSealOwed = false;
  /** Ends when the last commit that was asked for has ended; one at a time. */
  #tail: Promise<unknown> = Promise.resolve();
  #merging: Promise<unknown> = Promise.resolve();

  constructor(options: MaintainerOptions) {
    this.#options = options;
    this.#keeper = new FileKeeper(options.files, options.directory);
    this.#fences = options.state.fences.snapshot();
    this.#fenceFiles = options.fenceFiles;
    this.#manifest = options.manifest;
    this.#nextNumber = options.manifest.nextNumber;
  }

  /** Whether documents that arrived since the last commit are enough to seal, or what was frozen before has to be written. */
  get isSealDue(): boolean {
    return this.#isSealOwed || this.#options.state.mutable.reader.bytes >= this.#options.limits.mutableBytesMax;
  }

  /**
   * Makes everything applied so far durable. RESOURCE_EXHAUSTED when the disk is full, or a file cannot be mapped for want of room:
   * everything is searched as before, and the next call writes it.
   */
  seal(): Promise<void> {
    return this.exclusively(async () => {
      try {
        // What was frozen before and is not written goes first; it does not hold what came after.
        while (this.#pending.length > 0) await this.#sealNext();
        this.#freeze();
        await this.#sealNext();
        this.#isSealOwed = this.#pending.length > 0;
      } catch (error) {
        this.#isSealOwed = true;
        throw error;
      }
    });
  }

  /** From now on documents go to lists of `coder`; what was coded otherwise is rewritten by and by. */
  restructure(coder: ListCoder): void {
    const { state } = this.#options;
    if (state.mutable.reader.rowCount > 0) this.#freeze();
    this.#isSealOwed = true;
    state.recode(coder);
  }

  /** Merges once, or rewrites a segment of an older structure, if that is due; true when something was done. */
  async merge(): Promise<boolean> {
    const { state, limits } = this.#options;
    const older = state.sealed.find((segment) => !state.isCurrent(segment));
    if (older !== undefined) return this.#mergeNow([older]);
    // All are current: they go together, whatever structure they were written under.
    const sizes = state.sealed.map(({ reader, deadCount }) => ({
      bytes: reader.bytes,
      rows: reader.rowCount,
      deadRows: deadCount,
      structureVersion: state.structureVersion,
    }));
    const plan = planMerge(sizes, limits);
    if (plan === null) return false;
    const sources = plan.map((position) => state.sealed[position]!);
    // Only committed deaths are dropped for good, so these must be on disk first.
    if (sources.length === 1 && !isDecayed(sources[0]!, limits)) {
      await this.seal();
      return true;
    }
    return this.#mergeNow(sources);
  }

  async #mergeNow(sources: readonly SealedState[]): Promise<boolean> {
    const merging = this.#merge(sources);
    this.#merging = merging.then(undefined, () => undefined);
    await merging;
    return true;
  }

  /**
   * Seals, and holds the files of the index as they then are. After a crash nothing holds them any more. RESOURCE_EXHAUSTED when the
   * disk is full.
   */
  async snapshot(): Promise<IndexSnapshot> {
    await this.seal();
    return this.exclusively(() => {
      const { files, directory } = this.#options;
      const copy = snapshotName(this.#takeNumber());
      return holdSnapshot(this.#manifest, { files, directory, keeper: this.#keeper, copy });
    });
  }

  /** Runs `task` when no other commit is under way. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    // The caller hears of a failure; the next in line only waits for the end.
    this.#tail = result.then(undefined, () => undefined);
    return result;
  }

  /** Stops a merge under way and waits for commits. Nothing is sealed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#merging;
    await this.#tail;
  }

  /** Writes what was frozen first. */
  async #sealNext(): Promise<void> {
    const { state, directory, files } = this.#options;
    const { frozen, lives, ...point } = this.#pending[0]!;
    const kept = state.sealed.map((segment) => ({
      state: segment,
      live: lives.has(segment) ? lives.get(segment)! : segment.sharedLive(),
    }));
    if (
      frozen === null &&
      this.#manifest.structureVersion === state.structureVersion &&
      isEqual(point.marks, state.durable) &&
      kept.every(({ state: { committed }, live }) => committed === live)
    ) {
      this.#pending = this.#pending.slice(1);
      return;
    }
    let sealed: SealedState | null = null;
    let order: RowOrder | null = null;
    const live = frozen === null ? null : (lives.get(frozen) ?? null);
    if (frozen !== null) {
      const source = { reader: frozen.reader, rowCount: frozen.reader.rowCount, live };
      const file = segmentName(this.#takeNumber());
      const parts = { files, slices: this.#slices() };
      order = await writeSegment(join(directory, file), [source], state.settings, parts);
      if (order.count > 0) sealed = await this.#opened(file);
    }
    const entries = sealed === null ? kept : [...kept, { state: sealed, live: null }];
    const replaced = await this.#commitNew(sealed, entries, point);
    if (frozen !== null && sealed !== null) carryDeaths(frozen, live, { state: sealed, rows: order!.newRows[0]! });
    state.sealed = sealed === null ? state.sealed : [...state.sealed, sealed];
    state.frozen = state.frozen.filter((segment) => segment !== frozen);
    this.#pending = this.#pending.slice(1);
    await this.#keeper.remove(replaced);
  }

  #freeze(): void {
    const { state } = this.#options;
    const frozen = state.freeze();
    const lives = new Map(state.states.map((segment) => [segment, segment.sharedLive()]));
    const point = { marks: new Map(state.applied), fences: state.fences.snapshot() };
    this.#pending = [...this.#pending, { frozen, lives, ...point }];
  }

  async #merge(sources: readonly SealedState[]): Promise<void> {
    const { directory, state, files } = this.#options;
    const { coder } = state;
    let sliceCount = 0;
    const slices = this.#slices(() => {
      sliceCount += 1;
      if (sliceCount % slicesLoaded === 0) for (const { reader } of sources) reader.unload();
      return this.#betweenSlices();
    });
    for (const source of sources) source.pin();
    try {
      // Again, since what was whole at the start may be damaged by now: the new file's checksums would hide it for ever.
      for (const { reader } of sources) await reader.verifyAgain(() => slices.pause());
      const taken: SegmentSource[] = [];
      for (const source of sources) taken.push(await this.#sourceOf(source, coder, slices));
      const file = segmentName(this.#takeNumber());
      const order = await writeSegment(join(directory, file), taken, state.settings, { files, slices });
      // What was written may be zeros of a source that was cut short meanwhile. No manifest names it: the next start removes it.
      const damage = damageOf(sources);
      if (damage !== null) throw damage;
      await this.exclusively(() => this.#swap(sources, order, file));
    } catch (error) {
      throw damageOf(sources) ?? error;
    } finally {
      for (const source of sources) source.unpin();
    }
  }

  /** The rows of `segment` as they go into a new one: in the lists of the present structure, whatever their own was. */
  async #sourceOf(segment: SealedState, coder: ListCoder | null, slices: Slices): Promise<SegmentSource> {
    const { reader, committed } = segment;
    const { rowCount } = reader;
    const source = { reader, rowCount, live: committed };
    if (coder === null || reader.coding?.structureVersion === coder.structureVersion) return source;
    const { clock, state } = this.#options;
    const moved = state.searchers.movedRows(coder);
    // What searches wait for, too, is not given up when the index is closed.
    if (moved.isDescended(reader))
      return { ...source, recoded: await moved.take(reader, rowCount, () => clock.pause()) };
    return { ...source, recoded: await recodeSegment(reader, rowCount, { coder, slices }) };
  }

  async #swap(sources: readonly SealedState[], order: RowOrder, file: string): Promise<void> {
    const { state } = this.#options;
    const merged = order.count === 0 ? null : await this.#opened(file);
    const others = state.sealed.filter((segment) => !sources.includes(segment));
    const entries: CommitEntry[] = others.map((segment) => ({ state: segment, live: segment.committed }));
    if (merged !== null) {
      for (const [at, source] of sources.entries()) {
        const into = { state: merged, rows: order.newRows[at]! };
        carryDeaths(source, order.sources[at]!.live, into, source.committed);
      }
      entries.push({ state: merged, live: merged.sharedLive() });
    }
    const point = { marks: state.durable, fences: this.#fences };
    const replaced = await this.#commitNew(merged, entries, point);
    for (const [at, source] of sources.entries()) {
      if (merged !== null) carryDeaths(source, source.committed, { state: merged, rows: order.newRows[at]! });
    }
    state.sealed = merged === null ? others : [...others, merged];
    for (const source of sources) source.retire();
    await this.#keeper.remove([...replaced, ...sources.flatMap((source) => [source.file, source.tombstones])]);
  }

  /** A segment that was just written; where it cannot be mapped it goes, since another attempt writes it anew under another name. */
  async #opened(file: string): Promise<SealedState> {
    const { files, directory } = this.#options;
    try {
      return new SegmentState(SealedSegment.open(files, join(directory, file)), file);
    } catch (error) {
      await this.#keeper.remove([file]);
      throw error;
    }
  }

  /** As `#commit`, for entries with a segment that no manifest names yet (null: there is none). After an error it is gone. */
  async #commitNew(
    added: SealedState | null,
    entries: readonly CommitEntry[],
    point: CommitPoint,
  ): Promise<(string | null)[]> {
    const firstNumber = this.#nextNumber;
    try {
      return await this.#commit(entries, point);
    } catch (error) {
      added?.retire();
      await this.#removeUnnamed(added, firstNumber);
      throw error;
    }
  }

  /** Removes what a failed commit wrote. The manifest is asked: its rename may have been done before the error. */
  async #removeUnnamed(added: SealedState | null, firstNumber: number): Promise<void> {
    const { files, directory } = this.#options;
    const manifest = await readManifest(files, directory);
    const named = new Set(manifest === null ? [] : namedFiles(manifest));
    const written = added === null ? [] : [added.file];
    for (let number = firstNumber; number < this.#nextNumber; number += 1)
      written.push(tombstoneName(number), fencesName(number));
    await this.#keeper.remove(written.filter((file) => !named.has(file)));
  }

  /** Writes changed bitmaps and then the manifest that names exactly `entries` and covers `point`. Answers the files that it replaced. */
  async #commit(entries: readonly CommitEntry[], { marks, fences }: CommitPoint): Promise<(string | null)[]> {
    const { directory, state, files } = this.#options;
    const names: (string | null)[] = [];
    for (const { state: segment, live } of entries) {
      const isKnown = live === segment.committed;
      names.push(isKnown || live === null ? segment.tombstones : await this.#writeTombstones(segment, live));
    }
    const segments = entries.map(({ state: { file } }, at) => ({ file, tombstones: names[at] ?? null }));
    const { fences: _, ...before } = this.#manifest;
    const fenceFiles = await this.#writeFences(fences);
    const fenceNames = fenceFiles.map(({ name }) => name);
    const named = {
      segments,
      ...(fenceNames.length === 0 ? {} : { fences: { files: fenceNames, timeMs: fences.timeMs } }),
    };
    const manifest: Manifest = {
      ...before,
      ...named,
      structureVersion: state.structureVersion,
      nextNumber: this.#nextNumber,
      identities: identitiesOf(files, directory, namedFiles(named), before.identities ?? {}),
      applied: Object.fromEntries(marks),
    };
    await writeManifest(files, directory, manifest);
    this.#manifest = manifest;
    this.#fences = fences;
    state.durable = marks;
    const replaced = entries.map(({ state: segment }, at) =>
      segment.tombstones === names[at] ? null : segment.tombstones,
    );
    for (const { name } of this.#fenceFiles) if (!fenceNames.includes(name)) replaced.push(name);
    this.#fenceFiles = fenceFiles;
    for (const [at, { state: segment, live }] of entries.entries()) {
      segment.tombstones = names[at] ?? null;
      segment.committed = live;
    }
    return replaced;
  }

  async #writeTombstones(segment: SealedState, live: Uint8Array): Promise<string> {
    const name = tombstoneName(this.#takeNumber());
    const { files, directory } = this.#options;
    await writeTombstones(files, join(directory, name), live, segment.reader.rowCount);
    return name;
  }

  /** The files that hold `fences`, the last of them new when anything was added. */
  async #writeFences({ bytes, start, end }: FenceSnapshot): Promise<readonly FenceFile[]> {
    const { kept, from } = planFences(this.#fenceFiles, { start, end });
    if (from === null) return kept;
    const { files, directory } = this.#options;
    const name = fencesName(this.#takeNumber());
    await writeFences(files, join(directory, name), bytes.subarray(from - start));
    return [...kept, { name, from, to: end }];
  }

  #takeNumber(): number {
    this.#nextNumber += 1;
    return this.#nextNumber - 1;
  }

  #slices(between?: () => Promise<void>): Slices {
    return new Slices(this.#options.clock, between);
  }

  /** A long merge must neither keep documents from being sealed nor the index from being closed. */
  async #betweenSlices(): Promise<void> {
    if (this.#isClosing)
      throw new ShoalError('CANCELLED', 'the index is being closed; the merge is done again after the next start');
    if (this.isSealDue) await this.seal();
  }
}

/** Whether the manifest itself knows too many dead rows. */
function isDecayed({ committedDeadCount, reader }: SealedState, limits: ShardIndexLimits): boolean {
  return committedDeadCount > reader.rowCount * limits.tombstoneShareMax;
}

/** Rows of `from` that died since `before` (until `after`, by default now) die in `into` as well, whose row of row r is `into.rows[r]`. */
function carryDeaths(
  from: SegmentState,
  before: Uint8Array | null,
  into: { readonly state: SegmentState; readonly rows: Uint32Array },
  after: Uint8Array | null = from.sharedLive(),
): void {
  const { rowCount } = from.reader;
  if (after === null) return;
  for (const row of clearedRows(before ?? fullBitmap(rowCount), after, rowCount)) {
    const moved = into.rows[row]!;
    if (moved !== droppedRow && into.state.isAlive(moved)) into.state.kill(moved);
  }
}

function isEqual(left: ReadonlyMap<string, bigint>, right: ReadonlyMap<string, bigint>): boolean {
  return left.size === right.size && [...left].every(([subject, mark]) => right.get(subject) === mark);
}
