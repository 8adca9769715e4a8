/** Documents in two shards and a directory of two partitions, as their nodes would answer: what the tests of reading ask. */
import { uint64From } from '../../../../base/bytes.js';
import { hashText } from '../../../../base/hash.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import type { ReadParts } from '../../../../coordinator/documents/read.js';
import { compareIds } from '../../../../coordinator/documents/scroll.js';
import type { AttributeValue } from '../../../../proto/generated/shoal/v1/document.js';
import { AwaitCommittedResponse, LocatedIds } from '../../../../proto/generated/shoal/v1/directory.js';
import type { Filter } from '../../../../proto/generated/shoal/v1/filter.js';
import { ShardDocuments, ShardStatistics, type FetchRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { FakeClock } from '../../../fake-clock.js';
import { longs, peersOf, servingMap, uid, viewOf, words } from '../fixtures.js';

export interface Entry {
  docId: bigint;
  shard: number;
  readonly attributes?: Record<string, AttributeValue>;
}

export class SmallWorld {
  /** What the directory says. */
  readonly located = new Map<string, Entry>();
  /** What the shards have; equal to `located` until a test lets them differ. */
  readonly stored = new Map<string, Entry>();
  readonly clock = new FakeClock();
  readonly map = servingMap(2, 2);
  /** `heard` of every question to the directory. */
  readonly heard: bigint[] = [];
  readonly fetches: FetchRequest[] = [];
  /** Called before each question to the directory. */
  beforeLocate: () => void = () => undefined;
  /** Documents of one answer. */
  perAnswer = 1_000;
  written = 42n;

  put(id: string, entry: Entry): void {
    this.located.set(id, { ...entry });
    this.stored.set(id, { ...entry });
  }

  get parts(): ReadParts {
    const peers = peersOf({
      locate: async (_, { ids, heard }) => {
        this.#ask(heard);
        return { located: this.#locatedIds(ids) };
      },
      listLocated: async (_, { partition, afterId, limit, heard }) => {
        this.#ask(heard);
        const range = this.map.directories.get(uid)?.get(partition);
        const all = [...this.located.keys()]
          .filter((id) => range !== undefined && hashText(id) >= range.hashFirst && hashText(id) <= range.hashLast)
          .filter((id) => afterId === '' || compareIds(id, afterId) > 0)
          .sort(compareIds);
        const ids = all.slice(0, limit);
        return { ids, located: this.#locatedIds(ids), done: ids.length === all.length };
      },
      awaitCommitted: async (_, { sequence, subjects }) =>
        AwaitCommittedResponse.fromPartial({
          caused: sequence + 1n,
          last: subjects.map((subject) => ({ subject, sequence: 100n })),
        }),
      fetch: async (_, request) => {
        this.fetches.push(request);
        return {
          shards: request.shards.map((asked) => this.#fetch(asked.ref?.shard ?? 0, asked.docIds, request.filter)),
        };
      },
      statistics: async (_, { shards, filter }) => ({
        shards: shards.map(({ shard }) => {
          const all = [...this.stored.values()].filter((entry) => entry.shard === shard);
          const matching =
            filter === undefined ? {} : { matching: BigInt(all.filter((each) => passes(each, filter)).length) };
          return ShardStatistics.fromPartial({ shard, documents: BigInt(all.length), diskBytes: 10n, ...matching });
        }),
      }),
    });
    const appenders = { writtenUpTo: () => this.written } as unknown as Appenders;
    return { view: viewOf(this.map), peers, appenders, clock: this.clock };
  }

  #ask(heard: bigint): void {
    this.heard.push(heard);
    this.beforeLocate();
  }

  #locatedIds(ids: readonly string[]): LocatedIds {
    const entries = ids.map((id) => this.located.get(id));
    return LocatedIds.fromPartial({
      docIds: longs(...entries.map((entry) => entry?.docId ?? 0n)),
      places: words(...entries.map((entry) => entry?.shard ?? 0xffff_ffff)),
      marks: [0, 1].map((shard) => ({ subject: `shoal.u1.1.${shard}`, sequence: BigInt(50 + shard) })),
    });
  }

  #fetch(shard: number, column: Buffer, filter: Filter | undefined): ShardDocuments {
    const all = [...uint64From(column, 'docIds')];
    const asked = all.slice(0, this.perAnswer);
    const there = [...this.stored].filter(([, entry]) => entry.shard === shard && asked.includes(entry.docId));
    const found = there.filter(([, entry]) => filter === undefined || passes(entry, filter));
    return ShardDocuments.fromPartial({
      shard,
      documents: found.map(([id, { docId, attributes = {} }]) => ({
        docId,
        document: { id, attributes, sparse: { termIds: words(1), weights: words(1) } },
      })),
      unmatched: longs(...there.filter((each) => !found.includes(each)).map(([, { docId }]) => docId)),
      unread: all.length - asked.length,
    });
  }
}

/** Enough of a filter for the tests: one timestamp that has to be later, or one number that has to be as large. */
function passes({ attributes = {} }: Entry, filter: Filter): boolean {
  const { noneOf, comparison, allOf } = filter;
  if (allOf !== undefined) return allOf.filters.every((each) => passes({ docId: 0n, shard: 0, attributes }, each));
  if (noneOf !== undefined) return !passes({ docId: 0n, shard: 0, attributes }, noneOf);
  const value = attributes[comparison?.attribute ?? ''];
  const bound = comparison?.values[0];
  if (value === undefined || bound === undefined) return false;
  if (bound.timestampValue !== undefined)
    return value.timestampValue !== undefined && value.timestampValue <= bound.timestampValue;
  return value.int64Value !== undefined && bound.int64Value !== undefined && value.int64Value >= bound.int64Value;
}
