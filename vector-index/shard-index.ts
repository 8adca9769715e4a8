/**
 * The index of one shard's replica: documents in, candidates and scores out. The door of this folder.
 *
 * Documents are searchable as soon as `apply` returns and durable once sealed; what was not sealed comes again from the log, after
 * `applied(subject)`. Every reading call works on the segments of one instant, whatever is applied, sealed or merged meanwhile.
 * It does not encode, route, fuse or talk to anybody. One process, one thread, one ShardIndex per directory: the owner sees to that.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { ShoalError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { hasBit } from './bitmap.js';
import { applyChange, newestDocId, prepareChange, type IndexChange } from './apply-change.js';
import type { ListStructure } from './codebook/list-structure.js';
import { contentHash } from './content-hash.js';
import type { CandidateColumns, IndexDocument, QueryTerms, RowKeys, TokenTables } from './document.js';
import type { Files } from './files.js';
import type { Selection } from './filter/row-filter.js';
import { IndexState, type ShardIndexSettings } from './index-state.js';
import { openFences, openManifest, openSegments, removeOrphans } from './maintenance/index-files.js';
import type { IndexSnapshot } from './maintenance/index-snapshot.js';
import { ListCoder } from './lists/list-coder.js';
import { Maintainer } from './maintenance/maintainer.js';
import { documentVectors, type DocumentVectors } from './search/document-vectors.js';
import { listSizes } from './search/list-sizes.js';
import { sampleLists } from './search/sample-lists.js';
import { sampleVectors } from './search/sample-vectors.js';
import { PinnedIndex, SelectedIndex } from './search/pinned-index.js';
import { scoreDocuments, type DocumentScores, type WantedScores } from './search/score.js';
import { listRows, scrollDocuments, type ListedRows } from './search/scroll.js';
import { searchDense } from './search/search-dense.js';
import { searchSparse } from './search/search-sparse.js';
import { selectedDocuments, unselective } from './search/selection.js';
import type { AppliedRecord, IndexStatistics, ScanQuery, ScanResult } from './shard-index-calls.js';
import { defaultShardIndexLimits, type ShardIndexLimits } from './shard-index-limits.js';
import { damageOf } from './segment/segment-state.js';
import { verifyDirectory } from './verify.js';

export interface ShardIndexOptions {
  /** Made when it does not exist. */
  readonly directory: string;
  readonly settings: ShardIndexSettings;
  /** Tables of a token codec by version; null when it is not loaded. */
  readonly codecs: (version: string) => TokenTables | null;
  /** Lists and codes of the collection; null = documents come with their lists, and searches are exact. */
  readonly structure?: ListStructure | null;
  readonly limits?: Partial<ShardIndexLimits>;
  readonly clock: Clock;
  readonly files: Files;
}

/** Steps of checks in the background after which what they read leaves memory: some tens of megabytes. */
const checksLoaded = 16;

export class ShardIndex {
  readonly #options: ShardIndexOptions;
  readonly #codecs: (version: string) => TokenTables | null;
  readonly #limits: ShardIndexLimits;
  readonly #state: IndexState;
  readonly #maintainer: Maintainer;
  #damage: ShoalError | null = null;
  /** Steps of checks in the background, so far. */
  #checked = 0;
  #closing: Promise<void> | null = null;

  private constructor(
    options: ShardIndexOptions,
    limits: ShardIndexLimits,
    parts: { state: IndexState; maintainer: Maintainer },
  ) {
    this.#options = options;
    this.#codecs = options.codecs;
    this.#limits = limits;
    this.#state = parts.state;
    this.#maintainer = parts.maintainer;
  }

  /**
   * Opens the index of `directory` as its last manifest has it, or makes an empty one. Leftovers of a crash are removed.
   * DATA_LOSS when a file is damaged or missing; FAILED_PRECONDITION when a newer Shoal wrote it or the settings differ;
   * RESOURCE_EXHAUSTED when the disk has no room for a new index.
   */
  static async open(options: ShardIndexOptions): Promise<ShardIndex> {
    const { directory, settings, clock, files } = options;
    const limits = { ...defaultShardIndexLimits, ...options.limits };
    const { structure = null } = options;
    const coder = structure === null ? null : new ListCoder(checkedDim(structure, settings));
    const state = new IndexState(settings, coder);
    const manifest = await openManifest(files, directory, settings);
    requireStructure(directory, manifest.structureVersion, state.structureVersion);
    const fenceFiles = await openFences(files, directory, { manifest, table: state.fences });
    state.sealed = await openSegments(files, directory, manifest);
    await removeOrphans(files, directory, manifest);
    for (const [subject, mark] of Object.entries(manifest.applied)) state.applied.set(subject, mark);
    state.durable = new Map(state.applied);
    const maintainer = new Maintainer({ files, directory, fenceFiles, state, manifest, limits, clock });
    return new ShardIndex(options, limits, { state, maintainer });
  }

  /**
   * Applies what `record` changes; nothing happens when it, or a later one of its subject, was applied already. Arrays are copied.
   * For one id the larger docId wins, equal (docId, passage) is a repeat; `superseded` removes versions smaller than its docId, and
   * keeps them away for ten minutes of log time. DATA_LOSS when what dies cannot be read.
   */
  apply({ subject, sequence, timeMs }: AppliedRecord, change: IndexChange): void {
    if (this.#damage !== null) throw this.#damage;
    if (sequence <= this.applied(subject)) return;
    try {
      applyChange(this.#state, timeMs, change);
      this.#requireWhole();
    } catch (error) {
      // Half of it may be applied: what is damaged answers no more.
      throw this.#noted(damageOf(this.#state.sealed) ?? error);
    }
    this.#state.applied.set(subject, sequence);
  }

  /** `change` with what takes long of applying it done, off the event loop. Changes nothing: it is still to be applied. */
  prepare(change: IndexChange): Promise<IndexChange> {
    this.#guard();
    return prepareChange(this.#state, change);
  }

  /** Bytes in memory that no file holds yet, about. */
  get unsealedBytes(): number {
    return this.#state.unsealedBytes;
  }

  /** Largest sequence of `subject` that was applied; 0 before the first. */
  applied(subject: string): bigint {
    return this.#state.applied.get(subject) ?? 0n;
  }

  /** Largest sequence of `subject` that survives a crash; 0 before the first. */
  durable(subject: string): bigint {
    return this.#state.durable.get(subject) ?? 0n;
  }

  /** Counts, with the document frequency of each of `termIds`, and how many documents `selection` lets through. */
  statistics(termIds: Uint32Array, selection: Selection | null = null): IndexStatistics {
    const { states, sealed } = this.#state;
    const total = (of: (state: (typeof states)[number]) => number): number =>
      states.reduce((sum, state) => sum + of(state), 0);
    const documents = total((state) => state.livePrimaryCount);
    const counts = {
      documents,
      matching: selection === null ? null : this.#pinnedNow((index) => matching(new SelectedIndex(index, selection))),
      documentFrequencies: termIds.map((termId) => total((state) => state.documentFrequency(termId))),
      diskBytes: sealed.reduce((sum, { reader }) => sum + reader.bytes, 0),
      segments: sealed.length,
      mutableDocuments: documents - sealed.reduce((sum, state) => sum + state.livePrimaryCount, 0),
      tombstones: sealed.reduce((sum, state) => sum + state.deadCount, 0),
    };
    this.#requireWhole();
    return counts;
  }

  /**
   * Dense: the exact best `k` documents by inner product, each with its best passage. Sparse: the best `k` by Σ factor × document
   * weight, only documents that share a term, of any list. Both only among what `selection` lets through; best first, ties by smaller docId.
   * CANCELLED when `signal` aborts.
   */
  scan(
    { dense, sparse, k, selection, isExact = false, learned }: ScanQuery,
    signal?: AbortSignal,
  ): Promise<ScanResult> {
    assert(dense === null || dense.length === this.#state.settings.dim, 'the query has the index’s dim');
    assert(sparse === null || sparse.termIds.length === sparse.factors.length, 'every term has a factor');
    assert(k >= 1, 'k is at least 1');
    return this.#pinned(async (pinned) => {
      const pause = (): Promise<void> => this.#options.clock.pause();
      const index = new SelectedIndex(pinned, selection);
      if (dense !== null) await pinned.prepare(pause, signal);
      // Words are not routed by centroid: their documents may be in any list.
      const inAnyList = selection.lists === null ? index : new SelectedIndex(pinned, { ...selection, lists: null });
      const [denseFound, sparseFound] = await Promise.all([
        dense === null ? null : searchDense(index, { query: dense, k, isExact, learned, pause, signal }),
        sparse === null ? null : searchSparse(inAnyList, sparse, k, signal),
      ]);
      const count = selection.filter === null ? null : matching(index);
      return { dense: denseFound, sparse: sparseFound, matching: count };
    });
  }

  /** As `scan`, dense only. */
  async searchDense(query: Float32Array, k: number, signal?: AbortSignal): Promise<CandidateColumns> {
    return (await this.scan({ dense: query, sparse: null, k, selection: unselective }, signal)).dense!;
  }

  /** As `scan`, sparse only. */
  async searchSparse(terms: QueryTerms, k: number, signal?: AbortSignal): Promise<CandidateColumns> {
    return (await this.scan({ dense: null, sparse: terms, k, selection: unselective }, signal)).sparse!;
  }

  /**
   * Scores of the passages asked for, in that order, NaN where one is gone or lacks the representation. The lexical score is that of
   * the document, where its primary passage is here. `multi` is the sum over query tokens; approximate except for the best `exactTop`. FAILED_PRECONDITION when a codec is not loaded.
   */
  score(keys: RowKeys, wanted: WantedScores, signal?: AbortSignal): Promise<DocumentScores> {
    const tokens = { tokenDim: this.#state.settings.tokenDim, codecs: this.#codecs };
    return this.#pinned((index) => scoreDocuments(index, keys, { ...wanted, tokens, signal }));
  }

  /** The passages asked for, in that order; null where one is gone or not among what `selection` lets through. Copies. */
  fetch(keys: RowKeys, selection: Selection = unselective): (IndexDocument | null)[] {
    const found: (IndexDocument | null)[] = [];
    this.visit(keys, selection, (document) => found.push(document) > 0);
    return found;
  }

  /** As `fetch`, one after the other, until `visit` answers false. It hears, too, which ones are there and not selected. */
  visit(
    { docIds, passages }: RowKeys,
    selection: Selection,
    visit: (document: IndexDocument | null, isUnmatched: boolean) => boolean,
  ): void {
    return this.#pinnedNow((pinned) => {
      const index = new SelectedIndex(pinned, selection);
      docIds.every((docId, at) => {
        const place = pinned.place(docId, passages?.[at] ?? 0);
        const selected = place === null ? null : index.selected(place.segment);
        const isUnmatched = place !== null && selected !== null && !hasBit(selected, place.row);
        if (place === null || isUnmatched) return visit(null, isUnmatched);
        return visit(pinned.segments[place.segment]!.reader.document(place.row), false);
      });
    });
  }

  /** All passages of a document that are here, ascending; none when it is gone. Copies. */
  passages(docId: bigint): IndexDocument[] {
    return this.#pinnedNow((index) =>
      index.places(docId).map(({ segment, row }) => index.segments[segment]!.reader.document(row)),
    );
  }

  /** docId of the living version of each id; 0 where there is none. */
  lookup(ids: readonly string[]): BigUint64Array {
    const found = BigUint64Array.from(ids, (id) => newestDocId(this.#state, id));
    this.#requireWhole();
    return found;
  }

  /** The first `limit` selected documents whose docId is larger than `after`, ascending; of each the first passage that is here. */
  scroll(after: bigint, limit: number, selection: Selection = unselective): IndexDocument[] {
    return this.#pinnedNow((index) => scrollDocuments(new SelectedIndex(index, selection), after, limit));
  }

  /** Ids and versions of the first `limit` selected documents whose docId is larger than `after`, ascending. */
  listRows(after: bigint, limit: number, selection: Selection = unselective): ListedRows {
    return this.#pinnedNow((index) => listRows(new SelectedIndex(index, selection), after, limit));
  }

  /** float32[n, dim]: up to `count` vectors of living rows, each equally likely; the same for the same documents and seed, wherever they lie. CANCELLED when `signal` aborts. */
  sampleVectors(count: number, random: Random, signal?: AbortSignal): Promise<Float32Array> {
    const { dim } = this.#state.settings;
    const pause = (): Promise<void> => this.#options.clock.pause();
    return this.#pinned((index) => sampleVectors(index, { count, dim, random, pause, signal }));
  }

  /**
   * Vectors of the documents `docIds`, each once, and of up to `count` living rows of others, as `sampleVectors`, all of one instant.
   * CANCELLED when `signal` aborts.
   */
  sampleAround(
    docIds: BigUint64Array,
    { count, random }: { readonly count: number; readonly random: Random },
    signal?: AbortSignal,
  ): Promise<{ readonly own: DocumentVectors; readonly others: Float32Array }> {
    const { dim } = this.#state.settings;
    const options = { dim, pause: (): Promise<void> => this.#options.clock.pause(), signal };
    return this.#pinned(async (index) => ({
      own: await documentVectors(index, { ...options, docIds }),
      others: await sampleVectors(index, { ...options, count, random, without: new Set(docIds) }),
    }));
  }

  /** uint32[lists]: the living vectors of every list; null where there are no lists, or while rows lie in those of an older structure. */
  listSizes(): Promise<Uint32Array | null> {
    return this.#pinned((index) => listSizes(index, () => this.#options.clock.pause()));
  }

  /** float32[n, dim] of each of `lists`: up to `count` vectors of living rows in it. CANCELLED when `signal` aborts. */
  sampleLists(
    lists: Uint32Array,
    { count, random }: { readonly count: number; readonly random: Random },
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const { dim } = this.#state.settings;
    const pause = (): Promise<void> => this.#options.clock.pause();
    return this.#pinned((index) => sampleLists(index, { lists, count, dim, random, pause, signal }));
  }

  /** XXH64 of everything that the index holds: equal for replicas that applied the same records. Reads everything. */
  contentHash(): bigint {
    return this.#pinnedNow(contentHash);
  }

  /**
   * The structure that documents are coded under now, and how many living rows lie in segments that are still to be rewritten for it: those of older
   * ones, but for splits of lists that a segment has no row of.
   */
  get structureState(): { readonly version: number; readonly olderRows: number } {
    return { version: this.#state.structureVersion, olderRows: this.#state.olderRows };
  }

  /** uint32: the lists in which lies what was in `lists` of the structure `version`; null where any of them may. */
  listsNow(version: number, lists: Uint32Array): Uint32Array | null {
    return this.#state.coder?.listsNow(version, lists) ?? null;
  }

  /**
   * From now on documents go to the lists of `next` and are coded with its codebook. What is here already is found exactly, whatever
   * lists are asked for, until `maintain` has rewritten it, segment by segment; where lists were but split, it is found where it belongs at
   * once, and a segment without rows of these stays as it is. Nothing happens where `next` is the present structure;
   * FAILED_PRECONDITION when it is an older one.
   */
  restructure(next: ListStructure): void {
    this.#guard();
    const { structureVersion, settings } = this.#state;
    requireStructure(this.#options.directory, structureVersion, next.version);
    if (next.version > structureVersion) this.#maintainer.restructure(new ListCoder(checkedDim(next, settings)));
  }

  /** Makes everything that was applied before the call durable. */
  async seal(): Promise<void> {
    this.#guard();
    try {
      await this.#maintainer.seal();
    } catch (error) {
      throw this.#noted(error);
    }
  }

  /** Seals, and holds the files as they then are until they are released. RESOURCE_EXHAUSTED when the disk is full. */
  async snapshot(): Promise<IndexSnapshot> {
    this.#guard();
    try {
      return await this.#maintainer.snapshot();
    } catch (error) {
      throw this.#noted(error);
    }
  }

  /**
   * One background step: a seal or merge that is due, or the check of some blocks not checked since the start; true when something
   * was done. DATA_LOSS when a block is damaged, or a file was cut short; from then on every search fails with that error.
   */
  async maintain(): Promise<boolean> {
    this.#guard();
    this.#requireWhole();
    try {
      if (this.#maintainer.isSealDue) {
        await this.#maintainer.seal();
        return true;
      }
      if (await this.#checkNext()) return true;
      return await this.#maintainer.merge();
    } catch (error) {
      if (this.#closing !== null && ShoalError.from(error).code === 'CANCELLED') return false;
      throw this.#noted(error);
    }
  }

  /** Checks some blocks that were not checked since the start; false when there are none. */
  async #checkNext(): Promise<boolean> {
    for (const state of this.#state.sealed) {
      if (state.reader.checks === null) continue;
      state.pin();
      try {
        await state.reader.verifyNext(this.#limits.verifyBlocks);
        this.#checked += 1;
        if (this.#checked % checksLoaded === 0 || state.reader.checks === null) state.reader.unload();
      } finally {
        state.unpin();
      }
      return true;
    }
    return false;
  }

  /** `error`; where it says that a file is damaged, every later call fails with it. */
  #noted(error: unknown): unknown {
    const failure = ShoalError.from(error);
    if (failure.code === 'DATA_LOSS') this.#damage ??= failure;
    return error;
  }

  /** Reads every file and compares every checksum; one message per problem, none when all is well. */
  verify(): Promise<readonly string[]> {
    this.#guard();
    return this.#maintainer.exclusively(() => verifyDirectory(this.#options.directory, this.#options));
  }

  /** Stops maintenance and lets the files go once running searches end. What was not sealed is left to the log. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#maintainer.close().then(() => {
      this.#state.searchers.close();
      for (const state of this.#state.states) state.retire();
    });
    return this.#closing;
  }

  async #pinned<T>(work: (index: PinnedIndex) => Promise<T>): Promise<T> {
    this.#guard();
    const index = this.#pin();
    try {
      const result = await work(index);
      if (index.damage !== null) throw index.damage;
      return result;
    } catch (error) {
      // Zeros where bytes were may fail in any way.
      throw this.#noted(index.damage ?? error);
    } finally {
      index.release();
    }
  }

  #pinnedNow<T>(work: (index: PinnedIndex) => T): T {
    this.#guard();
    const index = this.#pin();
    try {
      const result = work(index);
      if (index.damage !== null) throw index.damage;
      return result;
    } catch (error) {
      throw this.#noted(index.damage ?? error);
    } finally {
      index.release();
    }
  }

  #pin(): PinnedIndex {
    const { states, coder, searchers } = this.#state;
    return new PinnedIndex(states, coder, searchers);
  }

  /** Throws, and takes note of, the damage of a file that was cut short or could not be read meanwhile: zeros may have been read of it. */
  #requireWhole(): void {
    const damage = damageOf(this.#state.sealed);
    if (damage !== null) throw this.#noted(damage);
  }

  #guard(): void {
    if (this.#damage !== null) throw this.#damage;
    if (this.#closing !== null) throw new ShoalError('UNAVAILABLE', 'this replica is closed; ask another one');
  }
}

function checkedDim(structure: ListStructure, { dim }: ShardIndexSettings): ListStructure {
  assert(structure.structure.dim === dim, 'the structure is of the index’s dim');
  return structure;
}

/** FAILED_PRECONDITION when an index of structure `found` is given an older one. */
function requireStructure(directory: string, found: number, given: number): void {
  if (given >= found) return;
  const message = `${directory} is of structure ${found}, not ${given}; give it that structure or a newer one`;
  throw new ShoalError('FAILED_PRECONDITION', message);
}

/** Living documents of the pinned index that are selected. */
function matching(index: SelectedIndex): number {
  return index.segments.reduce((sum, segment, at) => sum + selectedDocuments(segment, index.selected(at)), 0);
}
