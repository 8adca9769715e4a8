/** A shard node's replicas over the embedded twins in a temporary folder, with dim 2, and requests as coordinators send them. */
import { join } from 'node:path';
import { bufferOf } from '../../../base/bytes.js';
import { systemClock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { openEmbedded, type Embedded } from '../../../cluster/embedded/open.js';
import { keys, shardSubject, streamOf } from '../../../cluster/keys.js';
import { supersededRecord, upsertRecord } from '../../../cluster/log/records.js';
import type { Lease } from '../../../cluster/registry.js';
import { emptyClusterMap, type ClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import { ReplicaState, ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../../proto/generated/shoal/v1/collections.js';
import type { SubjectMark } from '../../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../../proto/generated/shoal/v1/log.js';
import { shardNodeConfigSchema, type ShardNodeConfigInput } from '../../../shard-node/config.js';
import type { Files } from '../../../vector-index/files.js';
import { systemFiles } from '../../../vector-index/system-files.js';
import { ReplicaSet } from '../../../shard-node/replicas.js';
import { newFolder, removeFolder } from '../../temporary-folder.js';

export const uid = 'u1';
export const nodeId = 'n1';
export const ref = { shard: 0, generation: 1n };
export const subject = shardSubject(uid, 1n, 0);
export const silent = createLogger('test', 'silent');
export const noBytes = Buffer.alloc(0);

export const floats = (...values: number[]): Buffer => bufferOf(Float32Array.from(values));
export const words = (...values: number[]): Buffer => bufferOf(Uint32Array.from(values));
export const longs = (...values: bigint[]): Buffer => bufferOf(BigUint64Array.from(values));

export function logDocument(id: string, changes: Parameters<typeof LogDocument.fromPartial>[0] = {}): LogDocument {
  return LogDocument.fromPartial({ id, text: `text of ${id}`, dense: floats(1, 0), ...changes });
}

export function placement(shard = 0, changes: Partial<ShardPlacement> = {}): ShardPlacement {
  return ShardPlacement.fromPartial({
    uid,
    shard,
    generation: 1n,
    epoch: 1n,
    nodes: [nodeId],
    lists: words(0),
    ...changes,
  });
}

export function mapOf(placements: readonly ShardPlacement[], changes: Partial<CollectionSettings> = {}): ClusterMap {
  const settings = CollectionSettings.fromPartial({
    uid,
    name: 'notes',
    dim: 2,
    sparseWeighting: 'learned',
    ...changes,
  });
  return {
    ...emptyClusterMap,
    settings: new Map([[uid, settings]]),
    placements: new Map([[uid, new Map(placements.map((each) => [each.shard, each]))]]),
  };
}

/** A position of shard 0's own subject. */
export const mark = (sequence: bigint): SubjectMark[] => [{ subject, sequence }];

export interface Rig extends Embedded {
  readonly directory: string;
  readonly lease: Lease;
  readonly deadline: Deadline;
  /** Appends documents as one record of shard 0; gives its sequence. */
  write(...documents: LogDocument[]): Promise<bigint>;
  supersede(...ids: string[]): Promise<bigint>;
  /** A node's replicas; closed with the rig at the latest. */
  replicas(config?: Partial<ShardNodeConfigInput>, files?: Files): ReplicaSet;
  /** Resolves once the node has said something of its replica of shard 0 that `holds`. */
  until(holds: (state: ReplicaState) => boolean): Promise<void>;
  /** What the node said of its replica of `shard`. */
  state(shard?: number): Promise<ReplicaState | null>;
}

/** Calls `work` with an empty stream of the collection and takes all away afterwards. */
export async function withRig(work: (rig: Rig) => Promise<void>): Promise<void> {
  const directory = await newFolder();
  const embedded = await openEmbedded({ directory, clock: systemClock, logger: silent });
  // Beyond the time that a test gets: a busy machine is no failure.
  const deadline = Deadline.after(systemClock, 60_000);
  const sets: ReplicaSet[] = [];
  try {
    await embedded.log.createStream(streamOf(uid), 1n);
    await work(await rigOf(embedded, { directory, deadline, sets }));
  } finally {
    for (const set of sets) await set.close();
    deadline.close();
    await embedded.close();
    await removeFolder(directory);
  }
}

async function rigOf(
  embedded: Embedded,
  {
    directory,
    deadline,
    sets,
  }: { readonly directory: string; readonly deadline: Deadline; readonly sets: ReplicaSet[] },
): Promise<Rig> {
  const { registry, log, objects } = embedded;
  const lease = await registry.lease(10_000);
  const stream = streamOf(uid);
  return {
    ...embedded,
    directory,
    lease,
    deadline,
    write: (...documents) => {
      const hashes = BigUint64Array.from(documents, () => 0n);
      return log.append(stream, subject, upsertRecord(documents, { contentHashes: hashes, structure: 0 }), deadline);
    },
    supersede: (...ids) =>
      log.append(stream, subject, supersededRecord(ids.map((id) => ({ id, docId: 0n }))), deadline),
    replicas: (changes = {}, files = systemFiles) => {
      const config = shardNodeConfigSchema.parse({ id: nodeId, dataDirectory: join(directory, 'data'), ...changes });
      const set = new ReplicaSet({
        config,
        registry,
        log,
        objects,
        files,
        connections: { unary: () => Promise.reject(new ShoalError('UNAVAILABLE', 'there is no other node')) },
        standing: { lease, term: () => 1 },
        clock: systemClock,
        logger: silent,
      });
      sets.push(set);
      return set;
    },
    until: async (holds) => {
      // The watch tells of every change: nobody spins, and takes from others the time in which they would get there.
      const watch = registry.watch(keys.replica(uid, 0, nodeId));
      for await (const events of watch) {
        const isSo = events.some((event) => event.kind === 'put' && holds(ReplicaState.decode(event.entry.value)));
        if (isSo) break;
      }
      await watch.close();
    },
    state: async (shard = 0) => {
      const entry = await registry.get(keys.replica(uid, shard, nodeId));
      return entry === null ? null : ReplicaState.decode(entry.value);
    },
  };
}

/** Calls `work` with the replica set of shard 0 that has applied `documents`. */
export function withDocuments(
  documents: readonly LogDocument[],
  work: (replicas: ReplicaSet, rig: Rig) => Promise<void>,
  settings: Partial<CollectionSettings> = {},
): Promise<void> {
  return withRig(async (rig) => {
    if (documents.length > 0) await rig.write(...documents);
    const replicas = rig.replicas();
    await replicas.follow(mapOf([placement()], settings));
    await replicas.settled(rig.deadline);
    await work(replicas, rig);
  });
}
