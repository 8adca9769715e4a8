/** A whole cluster in this process on free ports, over the embedded registry, log and objects in a temporary folder. */
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { createLogger } from '../../base/logger.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { Document } from '../../client/sdk/types.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { openEmbedded, type Embedded } from '../../cluster/embedded/open.js';
import type { Registry } from '../../cluster/registry.js';
import type { CoordinatorConfigInput } from '../../coordinator/config.js';
import { startCoordinator, type RunningCoordinator } from '../../coordinator/main.js';
import type { RunTraining } from '../../shard-node/training/run-training.js';
import type { ShardNodeConfigInput } from '../../shard-node/config.js';
import { startShardNode, type RunningNode } from '../../shard-node/main.js';
import type { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { startToyEncoder, type ToyEncoder, type ToyVectors } from './toy-encoder.js';
import { newFolder, removeFolder } from '../temporary-folder.js';

const clock = systemClock;
const logger = createLogger('test', 'silent');

export interface SmallClusterOptions {
  /** Of the data; it stays when the cluster is closed. A new one otherwise. */
  readonly directory?: string;
  readonly shardNodes?: number;
  readonly replicas?: number;
  /** Starts an encoder node; with a codec, it codes tokens; dense vectors may be the test's own. */
  readonly encoder?: { readonly codec?: TokenCodec; readonly dense?: ToyVectors };
  /** Further settings of the coordinator. */
  readonly coordinator?: Partial<CoordinatorConfigInput>;
  /** Further settings of the shard nodes. */
  readonly shard?: Partial<ShardNodeConfigInput>;
  /** Carries out the trainings of the shard node with this id; a thread of its own otherwise. */
  readonly train?: (id: string) => RunTraining | undefined;
  /** What the node with this id has for a log and a registry, instead of the cluster's own. */
  readonly standIns?: (id: string, own: StandIns) => StandIns;
}

/** The parts of a node that a test may stand in front of. */
export interface StandIns {
  readonly log: ChangeLog;
  readonly registry: Registry;
}

/** Close it in `finally`; nothing of it is left then. */
export class SmallCluster {
  readonly directory: string;
  readonly #options: SmallClusterOptions;
  readonly #nodes = new Map<string, RunningNode>();
  #embedded: Embedded | null = null;
  #coordinator: RunningCoordinator | null = null;
  #client: ShoalClient | null = null;
  #encoder: ToyEncoder | null = null;

  private constructor(directory: string, options: SmallClusterOptions) {
    this.directory = directory;
    this.#options = options;
  }

  static async start(options: SmallClusterOptions = {}): Promise<SmallCluster> {
    const cluster = new SmallCluster(options.directory ?? (await newFolder()), options);
    try {
      await cluster.up();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get client(): ShoalClient {
    return given(this.#client);
  }

  get embedded(): Embedded {
    return given(this.#embedded);
  }

  get encoder(): ToyEncoder {
    return given(this.#encoder);
  }

  /** HOST:PORT of the coordinator. */
  get address(): string {
    return given(this.#coordinator).address;
  }

  nodeAddress(id: string): string {
    return given(this.#nodes.get(id) ?? null).address;
  }

  /** Starts everything; after `down`, on what is on disk. */
  async up(): Promise<void> {
    this.#embedded = await openEmbedded({ directory: this.directory, clock, logger });
    const { registry } = this.#embedded;
    const { encoder, shardNodes = 1 } = this.#options;
    if (encoder !== undefined)
      this.#encoder = await startToyEncoder({ id: 'encoder-1', registry, clock, logger, ...encoder });
    for (let number = 1; number <= shardNodes; number += 1) await this.startNode(`shard-${number}`);
    await this.#startCoordinator('coordinator-1');
  }

  /** Another coordinator instead of the present one, and a client of it. */
  async replaceCoordinator(id: string): Promise<void> {
    await this.#client?.close();
    await this.#coordinator?.close();
    await this.#startCoordinator(id);
  }

  async #startCoordinator(id: string): Promise<void> {
    const { objects } = this.embedded;
    const { replicas = 1, coordinator = {} } = this.#options;
    const config = { id, port: 0, defaultReplicas: replicas, ...coordinator };
    this.#coordinator = await startCoordinator({ config, ...this.#standIns(config.id), objects, clock, logger });
    this.#client = connect({ address: this.#coordinator.address });
  }

  /** Stops everything at once, as a crash would; the disk stays. */
  async down(): Promise<void> {
    await this.#client?.close();
    await this.#coordinator?.close();
    for (const id of [...this.#nodes.keys()]) await this.stopNode(id);
    await this.#encoder?.close();
    await this.#embedded?.close();
    this.#client = this.#coordinator = this.#encoder = this.#embedded = null;
  }

  async startNode(id: string): Promise<void> {
    const { objects } = this.embedded;
    const config = { ...this.#options.shard, id, dataDirectory: this.dataOf(id) };
    const train = this.#options.train?.(id);
    const given = { config, ...this.#standIns(id), objects, clock, logger };
    this.#nodes.set(id, await startShardNode({ ...given, ...(train === undefined ? {} : { train }) }));
  }

  async stopNode(id: string): Promise<void> {
    await this.#nodes.get(id)?.close();
    this.#nodes.delete(id);
  }

  #standIns(id: string): StandIns {
    const { log, registry } = this.embedded;
    return this.#options.standIns?.(id, { log, registry }) ?? { log, registry };
  }

  /** The folder of a shard node's replicas. */
  dataOf(id: string): string {
    return join(this.directory, 'nodes', id);
  }

  async close(): Promise<void> {
    await this.down();
    if (this.#options.directory === undefined) await removeFolder(this.directory);
  }
}

/** Runs `work` with a cluster and takes it away afterwards. */
export async function withCluster(
  options: SmallClusterOptions,
  work: (cluster: SmallCluster) => Promise<void>,
): Promise<void> {
  const cluster = await SmallCluster.start(options);
  try {
    await work(cluster);
  } finally {
    await cluster.close();
  }
}

/** Documents `0` … with the vectors (1, 0), (2, 0), …: for the query (1, 0) the largest number is best. */
export function numberedDocuments(count: number, from = 0): Document[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    return { id: String(number), text: `document ${number}`, vector: Float32Array.of(number + 1, 0) };
  });
}

/** Creates `name`, whose vectors the test gives, with dimension 2. */
export async function createBare(cluster: SmallCluster, name: string, replicas = 0): Promise<void> {
  await cluster.client.collections.create(name, { model: 'none', dim: 2, ...(replicas === 0 ? {} : { replicas }) });
}

function given<T>(value: T | null): T {
  if (value === null) throw new Error('the cluster is down');
  return value;
}
