/**
 * BM25's idf from the live documents of all shards: one value for every shard of a query, at most one second old.
 *
 * Kept for each collection: the number of documents and the document frequencies of the terms that queries asked for lately.
 */
import { bufferOf, uint32From } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { inverseDocumentFrequency } from '../../vector-index/sparse/bm25.js';
import type { Peers } from '../peers.js';
import { fanOut, type FanOutParts } from './fan-out.js';

/** How stale a count may be. */
const staleAfterMs = 1_000;

interface Whereabouts {
  /** Every shard of the collection: a count over those that a question probes would depend on the question. */
  readonly placements: readonly ShardPlacement[];
  readonly fanOut: FanOutParts;
  readonly deadline: Deadline;
}

interface Counts {
  readonly atMs: number;
  documents: number;
  readonly frequencies: Map<number, number>;
}

export class TermStatistics {
  readonly #clock: Clock;
  readonly #peers: Peers;
  readonly #counts = new Map<string, Counts>();

  constructor(clock: Clock, peers: Peers) {
    this.#clock = clock;
    this.#peers = peers;
  }

  /**
   * The idf of each of `termIds`. A term that no document held a moment ago has one too: a document written since then may hold it, and
   * has to be found.
   */
  async idf(uid: string, termIds: ReadonlySet<number>, where: Whereabouts): Promise<ReadonlyMap<number, number>> {
    const counts = this.#fresh(uid);
    const unknown = Uint32Array.from(termIds).filter((term) => !counts.frequencies.has(term));
    if (unknown.length > 0) await this.#ask(uid, unknown, counts, where);
    return new Map(
      Array.from(termIds, (term) => {
        const frequency = counts.frequencies.get(term) ?? 0;
        return [term, inverseDocumentFrequency(counts.documents, frequency)] as const;
      }),
    );
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    this.#counts.delete(uid);
  }

  #fresh(uid: string): Counts {
    const now = this.#clock.monotonicMs();
    const known = this.#counts.get(uid);
    if (known !== undefined && now - known.atMs < staleAfterMs) return known;
    const counts: Counts = { atMs: now, documents: 0, frequencies: new Map() };
    this.#counts.set(uid, counts);
    return counts;
  }

  async #ask(uid: string, termIds: Uint32Array, counts: Counts, where: Whereabouts): Promise<void> {
    const { answers } = await fanOut(
      where.placements,
      async (address, placements, deadline) => {
        const shards = placements.map(({ shard, generation }) => ({ shard, generation }));
        const request = { uid, shards, termIds: bufferOf(termIds), filter: undefined, required: [] };
        return (await this.#peers.statistics(address, request, deadline)).shards;
      },
      where.fanOut,
      where.deadline,
    );
    const sums = new Uint32Array(termIds.length);
    let documents = 0;
    for (const { part } of answers.values()) {
      documents += Number(part.documents);
      const frequencies = uint32From(part.documentFrequencies, 'document frequencies');
      frequencies.forEach((frequency, i) => (sums[i]! += frequency));
    }
    counts.documents = documents;
    termIds.forEach((term, i) => counts.frequencies.set(term, sums[i]!));
  }
}
