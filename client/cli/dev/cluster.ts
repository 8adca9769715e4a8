/**
 * A whole cluster in one process: registry and log on disk, shard nodes, encoder nodes and a coordinator, with real gRPC between them.
 * What `shoal dev`, `shoal eval --embedded` and the demo start. Nodes are the same as those of a real cluster.
 */
import { join } from 'node:path';
import { openEmbedded } from '../../../cluster/embedded/open.js';
import { packageRoot } from '../package-root.js';
import { shardNodesHeld } from './held-nodes.js';
import type { Clock } from '../../../base/clock.js';
import type { Logger } from '../../../base/logger.js';
import type { EncoderNodeConfigInput } from '../../../encoder-node/config.js';

export interface ClusterOptions {
  /** Folder of all data; created when missing. */
  readonly dataDirectory: string;
  /** At least; as many as the folder has data of are started. */
  readonly shardNodes: number;
  /** 0 = collections without a model only. */
  readonly encoderNodes: number;
  /** Copies of each shard of a new collection. */
  readonly replicas: number;
  /** gRPC port of the coordinator; 0 = a free one. The other nodes take free ports. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Folder of the encoder model; the shipped one when absent. */
  readonly modelDirectory?: string;
  /** Further settings of the encoder nodes. */
  readonly encoder?: Partial<EncoderNodeConfigInput>;
}

export interface RunningCluster {
  /** HOST:PORT of the coordinator. */
  readonly address: string;
  readonly shardNodes: number;
  /** Finishes what is under way and stops every node. Idempotent. */
  close(): Promise<void>;
}

interface RunningNode {
  readonly address: string;
  drain(): Promise<void>;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/**
 * Starts a cluster; resolves when it serves. FAILED_PRECONDITION when the folder is in use or of a newer format, or the port is taken.
 * Whatever was started is stopped again when a part fails.
 */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const { dataDirectory, clock, logger } = options;
  const embedded = await openEmbedded({ directory: dataDirectory, clock, logger });
  const nodes: RunningNode[] = [];
  const state: { closed: Promise<void> | null } = { closed: null };
  const close = (): Promise<void> => (state.closed ??= stop(nodes, embedded));
  try {
    const { registry, log, objects } = embedded;
    const shared = { registry, log, objects, clock };
    const shardNodes = Math.max(options.shardNodes, await shardNodesHeld(registry));
    // The encoder's threads load the model while this one loads the code of the other nodes.
    const { startEncoderNode } = await import('../../../encoder-node/main.js');
    const encoders = numbered(options.encoderNodes, 'encoder').map((id) =>
      startEncoderNode({ registry, clock, config: encoderConfig(options, id), logger: logger.child({ node: id }) }),
    );
    // A refusal is heard below, together with those of the others.
    for (const encoder of encoders) encoder.catch(() => undefined);
    const { startShardNode } = await import('../../../shard-node/main.js');
    const { startCoordinator } = await import('../../../coordinator/main.js');
    const shards = numbered(shardNodes, 'shard').map((id) =>
      startShardNode({
        ...shared,
        config: { id, host, port: 0, dataDirectory: join(dataDirectory, 'nodes', id) },
        logger: logger.child({ node: id }),
      }),
    );
    await startAll(nodes, [...shards, ...encoders]);
    const id = 'coordinator-1';
    const coordinator = await startCoordinator({
      ...shared,
      config: { id, host, port: options.port, defaultReplicas: options.replicas },
      logger: logger.child({ node: id }),
    });
    nodes.push(coordinator);
    return { address: coordinator.address, shardNodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function encoderConfig(options: ClusterOptions, id: string): EncoderNodeConfigInput {
  const modelDirectory = options.modelDirectory ?? join(packageRoot(), 'models', 'default');
  return { executionProvider: 'cpu', ...options.encoder, id, host, port: 0, modelDirectory };
}

function numbered(count: number, kind: string): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
}

/** Starts together what does not wait for each other; all that started are in `nodes` before the first failure is thrown. */
async function startAll(nodes: RunningNode[], starting: readonly Promise<RunningNode>[]): Promise<void> {
  const results = await Promise.allSettled(starting);
  for (const result of results) if (result.status === 'fulfilled') nodes.push(result.value);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** In reverse: the coordinator first, so that nobody asks a node that is gone. */
async function stop(nodes: readonly RunningNode[], embedded: { close(): Promise<void> }): Promise<void> {
  try {
    for (const node of [...nodes].reverse()) {
      await node.drain();
      await node.close();
    }
  } finally {
    await embedded.close();
  }
}
