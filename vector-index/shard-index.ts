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
import { hashText } from '../base/hash.js';
import { applyChange, newestDocId, type IndexChange } from './apply-change.js';
import type { CandidateColumns, IndexDocument, QueryTerms, TokenTables } from './document.js';
import { IndexState, type ShardIndexSettings } from './index-state.js';
import { openManifest, openSegments, removeOrphans } from './maintenance/index-files.js';
import { Maintainer } from './maintenance/maintainer.js';
import { PinnedIndex } from './search/pinned-index.js';
import { scoreDocuments, type DocumentScores, type WantedScores } from './search/score.js';
import { scrollDocuments } from './search/scroll.js';
import { searchDense } from './search/search-dense.js';
import { searchSparse } from './search/search-sparse.js';
import { defaultShardIndexLimits, type ShardIndexLimits } from './shard-index-limits.js';
import { verifyDirectory } from './verify.js';

export interface ShardIndexOptions {
  /** Made when it does not exist. */
  readonly directory: string;
  readonly settings: ShardIndexSettings;
  /** Tables of a token codec by version; null when it is not loaded. */
  readonly codecs: (version: string) => TokenTables | null;
  readonly limits?: Partial<ShardIndexLimits>;
  readonly clock: Clock;
}

export interface IndexStatistics {
  /** Living documents. */
  readonly documents: number;
  /** Living documents that have each term asked for; exact, so it does not depend on how documents lie in segments. */
  readonly documentFrequencies: Uint32Array;
  readonly diskBytes: number;
  /** Sealed segments. */
  readonly segments: number;
  /** Living documents that are not sealed yet. */
  readonly mutableDocuments: number;
  /** Dead rows in sealed segments. */
  readonly tombstones: number;
}

export class ShardIndex {
  readonly #directory: string;
  readonly #codecs: (version: string) => TokenTables | null;
  readonly #limits: ShardIndexLimits;
  readonly #state: IndexState;
  readonly #maintainer: Maintainer;
  #damage: ShoalError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(
    options: ShardIndexOptions,
    limits: ShardIndexLimits,
    parts: { state: IndexState; maintainer: Maintainer },
  ) {
    this.#directory = options.directory;
    this.#codecs = options.codecs;
    this.#limits = limits;
    this.#state = parts.state;
    this.#maintainer = parts.maintainer;
  }

  /**
   * Opens the index of `directory` as its last manifest has it, or makes an empty one. Leftovers of a crash are removed.
   * DATA_LOSS when a file is damaged or missing; FAILED_PRECONDITION when a newer Shoal wrote it or the settings differ.
   */
  static async open(options: ShardIndexOptions): Promise<ShardIndex> {
    const { directory, settings, clock } = options;
    const limits = { ...defaultShardIndexLimits, ...options.limits };
    const state = new IndexState(settings);
    const manifest = await openManifest(directory, settings);
    state.sealed = await openSegments(directory, manifest);
    await removeOrphans(directory, manifest);
    for (const [subject, mark] of Object.entries(manifest.applied)) state.applied.set(subject, mark);
    state.durable = new Map(state.applied);
    const maintainer = new Maintainer({ directory, state, manifest, limits, clock });
    return new ShardIndex(options, limits, { state, maintainer });
  }

  /**
   * Applies the record `sequence` of `subject`; nothing happens when it, or a later one, was applied already. Arrays are copied.
   * For one id the larger docId wins; `superseded` removes versions smaller than its docId.
   */
  apply(subject: string, sequence: bigint, change: IndexChange): void {
    if (sequence <= this.applied(subject)) return;
    applyChange(this.#state, change);
    this.#state.applied.set(subject, sequence);
  }

  /** Largest sequence of `subject` that was applied; 0 before the first. */
  applied(subject: string): bigint {
    return this.#state.applied.get(subject) ?? 0n;
  }

  /** Largest sequence of `subject` that survives a crash; 0 before the first. */
  durable(subject: string): bigint {
    return this.#state.durable.get(subject) ?? 0n;
  }

  /** Counts, with the document frequency of each of `termIds`. */
  statistics(termIds: Uint32Array): IndexStatistics {
    const { states, sealed } = this.#state;
    const total = (of: (state: (typeof states)[number]) => number): number =>
      states.reduce((sum, state) => sum + of(state), 0);
    const documents = total((state) => state.liveCount);
    return {
      documents,
      documentFrequencies: termIds.map((termId) => total((state) => state.documentFrequency(termId))),
      diskBytes: sealed.reduce((sum, { reader }) => sum + reader.bytes, 0),
      segments: sealed.length,
      mutableDocuments: documents - sealed.reduce((sum, state) => sum + state.liveCount, 0),
      tombstones: sealed.reduce((sum, state) => sum + state.deadCount, 0),
    };
  }

  /** The exact best `k` documents for `query` (float32[dim]) by inner product, best first, ties by smaller docId. */
  searchDense(query: Float32Array, k: number, signal?: AbortSignal): Promise<CandidateColumns> {
    assert(query.length === this.#state.settings.dim, 'the query has the index’s dim');
    assert(k >= 1, 'k is at least 1');
    return this.#pinned((index) => searchDense(index, query, k, signal));
  }

  /** The best `k` documents by Σ factor × document weight; only documents that share a term. Best first, ties by smaller docId. */
  searchSparse(terms: QueryTerms, k: number, signal?: AbortSignal): Promise<CandidateColumns> {
    assert(terms.termIds.length === terms.factors.length, 'every term has a factor');
    assert(k >= 1, 'k is at least 1');
    return this.#pinned((index) => searchSparse(index, terms, k, signal));
  }

  /**
   * Scores of the documents asked for, in that order, NaN where one is gone or lacks the representation.
   * `multi` is the sum over query tokens; approximate except for the best `exactTop`. FAILED_PRECONDITION when a codec is not loaded.
   */
  score(docIds: BigUint64Array, wanted: WantedScores, signal?: AbortSignal): Promise<DocumentScores> {
    const tokens = { tokenDim: this.#state.settings.tokenDim, codecs: this.#codecs };
    return this.#pinned((index) => scoreDocuments(index, docIds, { ...wanted, tokens, signal }));
  }

  /** Whole documents in the order asked; null where one is gone. Copies. */
  fetch(docIds: BigUint64Array): (IndexDocument | null)[] {
    return this.#pinnedNow((index) =>
      Array.from(docIds, (docId) => {
        const place = index.place(docId);
        return place === null ? null : index.segments[place.segment]!.reader.document(place.row);
      }),
    );
  }

  /** docId of the living version of each id; 0 where there is none. */
  lookup(ids: readonly string[]): BigUint64Array {
    return BigUint64Array.from(ids, (id) => newestDocId(this.#state, id, hashText(id)));
  }

  /** The first `limit` living documents whose docId is larger than `after`, ascending. */
  scroll(after: bigint, limit: number): IndexDocument[] {
    return this.#pinnedNow((index) => scrollDocuments(index, after, limit));
  }

  /** Makes everything that was applied before the call durable. */
  seal(): Promise<void> {
    this.#guard();
    return this.#maintainer.seal();
  }

  /**
   * One background step: a seal or merge that is due, or the check of some blocks not checked since the start; true when something
   * was done. DATA_LOSS when a block is damaged; from then on every search fails with that error.
   */
  async maintain(): Promise<boolean> {
    this.#guard();
    try {
      if (this.#maintainer.isSealDue) {
        await this.#maintainer.seal();
        return true;
      }
      for (const { reader } of this.#state.sealed) if (reader.verifyNext(this.#limits.verifyBlocks)) return true;
      return await this.#maintainer.merge();
    } catch (error) {
      const failure = ShoalError.from(error);
      if (this.#closing !== null && failure.code === 'CANCELLED') return false;
      if (failure.code === 'DATA_LOSS') this.#damage = failure;
      throw error;
    }
  }

  /** Reads every file and compares every checksum; one message per problem, none when all is well. */
  verify(): Promise<readonly string[]> {
    this.#guard();
    return this.#maintainer.exclusively(() => verifyDirectory(this.#directory));
  }

  /** Stops maintenance and lets the files go once running searches end. What was not sealed is left to the log. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#maintainer.close().then(() => {
      for (const state of this.#state.states) state.retire();
    });
    return this.#closing;
  }

  async #pinned<T>(work: (index: PinnedIndex) => Promise<T>): Promise<T> {
    this.#guard();
    const index = new PinnedIndex(this.#state.states);
    try {
      return await work(index);
    } finally {
      index.release();
    }
  }

  #pinnedNow<T>(work: (index: PinnedIndex) => T): T {
    this.#guard();
    const index = new PinnedIndex(this.#state.states);
    try {
      return work(index);
    } finally {
      index.release();
    }
  }

  #guard(): void {
    if (this.#damage !== null) throw this.#damage;
    if (this.#closing !== null) throw new ShoalError('UNAVAILABLE', 'this replica is closed; ask another one');
  }
}
