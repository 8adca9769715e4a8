/** What tests of writing share: a log in memory, a directory that decides as the real one does, and the parts around them. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Timer } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import type { ChangeLog, LogEntry, LogRecord } from '../../../cluster/change-log.js';
import { keys } from '../../../cluster/keys.js';
import { condition, headersOf } from '../../../cluster/log/record-headers.js';
import type { RegistryEntry } from '../../../cluster/registry.js';
import type { ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import { hashRangeOf } from '../../../coordinator/directories.js';
import { Appenders } from '../../../coordinator/ingest/appenders.js';
import { AttributeTypeRegistry } from '../../../coordinator/ingest/attribute-types.js';
import type { IngestParts } from '../../../coordinator/ingest/ingest.js';
import type { TokenCodecs } from '../../../coordinator/ingest/token-codecs.js';
import type { Peers } from '../../../coordinator/peers.js';
import type { Structures } from '../../../coordinator/structures.js';
import { DirectoryPlacement, DirectoryState } from '../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../../proto/generated/shoal/v1/collections.js';
import { Verdict } from '../../../proto/generated/shoal/v1/directory.js';
import type { Structure } from '../../../vector-index/codebook/structure.js';
import { FakeClock } from '../../fake-clock.js';
import {
  bareSettings,
  encodersOf,
  longs,
  mapOf,
  peersOf,
  placement,
  registryOf,
  replica,
  shardNode,
  uid,
  viewOf,
} from './fixtures.js';

/** Timers of a few milliseconds fire at the next turn, so that tests of grouped writes need not move the clock. */
class EagerClock extends FakeClock {
  override after(delayMs: number, task: () => void): Timer {
    if (delayMs > 10) return super.after(delayMs, task);
    const state = { isCancelled: false };
    void turn().then(() => (state.isCancelled ? undefined : task()));
    return { cancel: () => void (state.isCancelled = true) };
  }
}

export class FakeLog {
  readonly entries: LogEntry[] = [];
  /** Asked before every append; throws or waits what the test wants. */
  hindrance: (subject: string, record: LogRecord) => Promise<void> | void = () => undefined;

  async append(_: string, subject: string, record: LogRecord): Promise<bigint> {
    await this.hindrance(subject, record);
    this.entries.push({ ...record, subject, sequence: BigInt(this.entries.length) + 1n, timeMs: 0 });
    return BigInt(this.entries.length);
  }

  async state(): ReturnType<ChangeLog['state']> {
    return { firstSequence: 1n, lastSequence: BigInt(this.entries.length), entries: this.entries.length, bytes: 0 };
  }

  async lastSequence(_: string, subject: string): Promise<bigint> {
    return this.entries.filter((entry) => entry.subject === subject).at(-1)?.sequence ?? 0n;
  }

  /** Subject and ids of every record. */
  said(): readonly (readonly [string, readonly string[]])[] {
    return this.entries.map((entry) => [entry.subject, headersOf(entry).ids]);
  }
}

/** id → docId and content hash, after every record of the log; and the verdicts of decisions. */
export function decided(log: FakeLog): {
  readonly there: ReadonlyMap<string, { docId: bigint; hash: bigint }>;
  readonly verdicts: ReadonlyMap<bigint, readonly { verdict: Verdict; docId: bigint }[]>;
} {
  const there = new Map<string, { docId: bigint; hash: bigint }>();
  const verdicts = new Map<bigint, { verdict: Verdict; docId: bigint }[]>();
  for (const entry of log.entries) {
    const headers = headersOf(entry);
    headers.ids.forEach((id, i) => {
      const known = there.get(id);
      const docId = headers.docIds[i]!;
      if (headers.operation === 'superseded') return;
      if (headers.operation === 'upsert') {
        if (!headers.isAs && docId > (known?.docId ?? 0n)) there.set(id, { docId, hash: headers.contentHashes[i]! });
        return;
      }
      const wanted = headers.conditions[i]!;
      const holds = wanted === condition.none || wanted === (known?.docId ?? condition.absent);
      const isDelete = headers.operation === 'delete';
      const verdict =
        isDelete && known === undefined
          ? Verdict.VERDICT_ABSENT
          : holds
            ? Verdict.VERDICT_APPLIED
            : Verdict.VERDICT_REFUSED;
      if (verdict === Verdict.VERDICT_APPLIED && isDelete) there.delete(id);
      if (verdict === Verdict.VERDICT_APPLIED && !isDelete) there.set(id, { docId, hash: headers.contentHashes[i]! });
      const says = { verdict, docId: verdict === Verdict.VERDICT_APPLIED ? docId : (known?.docId ?? 0n) };
      verdicts.set(entry.sequence, [...(verdicts.get(entry.sequence) ?? []), says]);
    });
  }
  return { there, verdicts };
}

export interface WriteRig {
  readonly parts: IngestParts;
  readonly log: FakeLog;
  readonly clock: FakeClock;
  readonly registry: Map<string, RegistryEntry>;
  readonly settings: CollectionSettings;
  /** Ids of which the directory was asked whether they are unchanged. */
  readonly asked: string[];
}

export interface WriteRigOptions {
  /** Null = one list in one shard; else list l is in shard l. */
  readonly structure?: Structure | null;
  readonly partitions?: number;
  readonly settings?: Partial<CollectionSettings>;
  readonly peers?: Partial<Peers>;
}

/** Shards and partitions are all on the node s1. */
export function writeRig(options: WriteRigOptions = {}): WriteRig {
  const { structure = null, partitions = 1 } = options;
  const settings = bareSettings({ structureVersion: structure === null ? 0 : 1, ...options.settings });
  const log = new FakeLog();
  const clock = new EagerClock();
  const asked: string[] = [];
  const value = CollectionSettings.encode(settings).finish();
  const entries = new Map<string, RegistryEntry>([
    [keys.setting(uid), { key: keys.setting(uid), value, revision: 1n }],
  ]);
  const view = viewOf(
    mapFor(settings, structure === null ? 1 : structure.centroids.length / structure.dim, partitions),
  );
  const registry = registryOf(entries);
  const peers = peersOf({ ...directoryPeers(log, asked), ...options.peers });
  const changeLog = log as unknown as ChangeLog;
  const parts: IngestParts = {
    log: changeLog,
    view,
    peers,
    clock,
    registry,
    appenders: new Appenders({ view, log: changeLog, clock }),
    types: new AttributeTypeRegistry(registry),
    codecs: {} as TokenCodecs,
    encoders: encodersOf({}),
    structures: { of: async () => structure } as unknown as Structures,
  };
  return { parts, log, clock, registry: entries, settings, asked };
}

function directoryPeers(log: FakeLog, asked: string[]): Partial<Peers> {
  return {
    awaitVerdicts: async (_, { sequence }) => {
      const verdicts = decided(log).verdicts.get(sequence);
      if (verdicts === undefined) throw new ShoalError('NOT_FOUND', `no decision at ${sequence}`);
      return {
        verdicts: verdicts.map(({ verdict }) => verdict),
        docIds: longs(...verdicts.map(({ docId }) => docId)),
      };
    },
    findUnchanged: async (_, { ids, contentHashes }) => {
      asked.push(...ids);
      const hashes = ids.map((_id, i) => contentHashes.readBigUInt64LE(i * 8));
      const { there } = decided(log);
      return {
        docIds: longs(...ids.map((id, i) => (there.get(id)?.hash === hashes[i] ? there.get(id)!.docId : 0n))),
      };
    },
  };
}

function mapFor(settings: CollectionSettings, shards: number, partitions: number): ClusterMap {
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const map = mapOf({
    collections: [settings],
    nodes: [shardNode('s1')],
    placements: all.map((shard) => placement(shard, ['s1'])),
    replicas: all.map((shard) => replica(shard, 's1')),
  });
  const ranges = Array.from({ length: partitions }, (_, partition) => {
    const { first, last } = hashRangeOf(partition, partitions);
    const fields = { uid, partition, hashFirst: first, hashLast: last, nodes: ['s1'], epoch: 1n };
    return [partition, DirectoryPlacement.fromPartial(fields)] as const;
  });
  const states = ranges.map(([partition]) => {
    const state = DirectoryState.fromPartial({ uid, partition, node: 's1', state: 'ready' });
    return [`${uid}/${partition}/s1`, state] as const;
  });
  return { ...map, directories: new Map([[uid, new Map(ranges)]]), directoryStates: new Map(states) };
}
