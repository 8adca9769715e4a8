/** A directory partition over a log in memory and a store in memory, and the records that coordinators write. */
import { bufferOf } from '../../../../base/bytes.js';
import { Deadline } from '../../../../base/deadline.js';
import { directorySubject, shardSubject } from '../../../../cluster/keys.js';
import { deleteRecord, upsertRecord, writeRecord } from '../../../../cluster/log/records.js';
import { condition } from '../../../../cluster/log/record-headers.js';
import type { LogRecord } from '../../../../cluster/change-log.js';
import { emptyClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { DirectoryPlacement, ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { DirectoryPartition } from '../../../../shard-node/directory/directory-partition.js';
import { ListRoutes } from '../../../../shard-node/directory/list-routes.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from './store/memory-directory-store.js';
import type { OtherCopies } from '../../../../shard-node/directory/rebuild/other-copies.js';
import type { ShardRows } from '../../../../shard-node/directory/rebuild/rebuild.js';
import { systemClock } from '../../../../base/clock.js';
import { silent } from '../fixtures.js';
import { FakeLog } from './fake-log.js';

export const uid = 'u1';
export const directory = directorySubject(uid);
export const subjectOf = (shard: number): string => shardSubject(uid, 1n, shard);

/** Three shards with the lists 0, 1 and 2. */
export function routes(): ListRoutes {
  const placements = [0, 1, 2].map((shard) =>
    ShardPlacement.fromPartial({
      uid,
      shard,
      generation: 1n,
      epoch: 1n,
      nodes: ['n1'],
      lists: bufferOf(Uint32Array.of(shard)),
    }),
  );
  const made = new ListRoutes(uid);
  made.follow({
    ...emptyClusterMap,
    placements: new Map([[uid, new Map(placements.map((each) => [each.shard, each]))]]),
  });
  return made;
}

export function logDocument(id: string, list: number, further: readonly number[] = []): LogDocument {
  return LogDocument.fromPartial({
    id,
    text: `text of ${id}`,
    list,
    home: list,
    further: further.map((other, i) => ({ list: other, home: list, passage: i + 1 })),
  });
}

export function upsertOf(
  ids: readonly string[],
  changes: { readonly as?: bigint; readonly places?: readonly number[]; readonly hash?: bigint } = {},
): LogRecord {
  const { as, places, hash = 5n } = changes;
  return upsertRecord(
    ids.map((id) => logDocument(id, 0)),
    {
      contentHashes: BigUint64Array.from(ids, () => hash),
      structure: 0,
      epoch: 1n,
      ...(as === undefined ? {} : { as: BigUint64Array.of(as) }),
      ...(places === undefined ? {} : { places: new Map([[0, places.map(subjectOf)]]) }),
    },
  );
}

export function deleteOf(id: string, wanted: bigint = condition.none, writeId = ''): LogRecord {
  return deleteRecord([id], { conditions: BigUint64Array.of(wanted), writeId });
}

export function writeOf(document: LogDocument, wanted: bigint = condition.none, writeId = ''): LogRecord {
  const conditions = BigUint64Array.of(wanted);
  return writeRecord([document], {
    conditions,
    writeId,
    contentHashes: BigUint64Array.of(8n),
    structure: 0,
    epoch: 1n,
  });
}

export interface PartitionRig {
  readonly log: FakeLog;
  readonly disk: MemoryDirectoryDisk;
  readonly deadline: Deadline;
  readonly floors: Map<string, bigint>;
  /** Of the node's lease. */
  term: number | null;
  readonly discarded: string[];
  /** Rows that shards give; none unless told. */
  rows: ShardRows;
  copies: OtherCopies;
  /** What opening the store throws, once. */
  openError: Error | null;
  /** Starts a copy on what the one before has committed, which stops. */
  start(): Promise<DirectoryPartition>;
  placement: DirectoryPlacement;
}

export const wholeRange = { hashFirst: 0n, hashLast: 2n ** 64n - 1n };

/** On `log`, which copies may share. */
export async function withPartition(work: (rig: PartitionRig) => Promise<void>, log = new FakeLog()): Promise<void> {
  const state: { partition: DirectoryPartition | null } = { partition: null };
  const deadline = Deadline.after(systemClock, 5_000);
  const rig: PartitionRig = {
    log,
    disk: new MemoryDirectoryDisk(),
    deadline,
    floors: new Map(),
    term: 1,
    discarded: [],
    rows: { page: () => Promise.reject(new Error('no shard was to be asked')) },
    copies: () => [],
    openError: null,
    placement: DirectoryPlacement.fromPartial({ uid, partition: 0, ...wholeRange, nodes: ['n1'] }),
    start: async () => {
      await state.partition?.close();
      state.partition = newPartition(rig);
      state.partition.start();
      return state.partition;
    },
  };
  try {
    await work(rig);
  } finally {
    await state.partition?.close();
    deadline.close();
  }
}

function newPartition(rig: PartitionRig): DirectoryPartition {
  return new DirectoryPartition({
    placement: rig.placement,
    log: rig.log,
    routes: routes(),
    rows: { page: (...ask) => rig.rows.page(...ask) },
    copies: () => rig.copies(),
    floors: async () => rig.floors,
    term: () => rig.term,
    commitEveryMs: 5,
    commitEntries: 100,
    openStore: async () => {
      const error = rig.openError;
      rig.openError = null;
      if (error !== null) throw error;
      return new MemoryDirectoryStore(rig.disk, systemClock);
    },
    discardStore: async (what) => {
      rig.discarded.push(what);
      rig.disk.state = new MemoryDirectoryDisk().state;
    },
    clock: systemClock,
    logger: silent,
    onChange: () => undefined,
  });
}
