/** The cluster itself: who is there, who holds what, which models. */
import {
  NodeKind,
  type ClusterClient,
  type Node,
  type ShardInfo as WireShard,
} from '../../proto/generated/shoal/v1/cluster.js';
import { unary, type Target } from './call.js';
import type { ClusterNode, ClusterStatus, ModelInfo, NodeKindName, ShardInfo, ShardList } from './types.js';

/** Milliseconds in which a flush seals what may be gigabytes. */
const flushDeadlineMs = 600_000;
/** And in which a replica of many gigabytes reaches another node. */
const moveDeadlineMs = 3_600_000;

export interface ClusterCalls {
  status(): Promise<ClusterStatus>;
  /** Shards of a collection and their replicas; NOT_FOUND for an unknown collection. */
  shards(collection: string): Promise<ShardList>;
  /** Seals every shard of a collection and purges the log up to what is durable. */
  flush(collection: string): Promise<{ readonly durable: bigint; readonly diskBytes: number }>;
  /**
   * Moves a replica of a shard from one shard node to another; the nodes that have one then. A move that takes longer than `deadlineMs`, or is broken off,
   * goes on and is ended by the same call again.
   */
  move(move: ReplicaMove, deadlineMs?: number): Promise<readonly string[]>;
  models(): Promise<readonly ModelInfo[]>;
}

export interface ReplicaMove {
  readonly collection: string;
  readonly shard: number;
  /** Ids of shard nodes. */
  readonly from: string;
  readonly to: string;
}

/** The calls about the cluster over `client`. */
export function clusterCalls(target: Target, client: ClusterClient): ClusterCalls {
  return {
    async status() {
      const wire = await unary(target, client.getStatus.bind(client), {});
      return { ...wire, nodes: wire.nodes.map(nodeFromWire) };
    },
    async shards(collection) {
      const wire = await unary(target, client.listShards.bind(client), { collection });
      return { shards: wire.shards.map(shardFromWire), problems: wire.problems };
    },
    async flush(collection) {
      const wire = await unary(target, client.flush.bind(client), { collection }, flushDeadlineMs);
      return { durable: wire.durable, diskBytes: Number(wire.diskBytes) };
    },
    async move(move, deadlineMs = moveDeadlineMs) {
      const { nodes } = await unary(target, client.moveReplica.bind(client), { ...move }, deadlineMs);
      return nodes;
    },
    async models() {
      const wire = await unary(target, client.listModels.bind(client), {});
      return wire.models;
    },
  };
}

function nodeFromWire(wire: Node): ClusterNode {
  return { ...wire, kind: kindName(wire.kind) };
}

function kindName(kind: NodeKind): NodeKindName {
  if (kind === NodeKind.NODE_KIND_COORDINATOR) return 'coordinator';
  if (kind === NodeKind.NODE_KIND_ENCODER) return 'encoder';
  if (kind === NodeKind.NODE_KIND_SHARD) return 'shard';
  return 'unknown';
}

function shardFromWire(wire: WireShard): ShardInfo {
  return {
    shard: wire.shard,
    lists: wire.lists,
    documents: Number(wire.documents),
    bytes: Number(wire.bytes),
    segments: wire.segments,
    tombstones: Number(wire.tombstones),
    replicas: wire.replicas.map((replica) => ({
      ...replica,
      lag: Number(replica.lag),
      olderRows: Number(replica.olderRows),
    })),
  };
}
