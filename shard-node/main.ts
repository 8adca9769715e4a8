/** One shard node: replicas and directory partitions on disk, fed by the log, asked over gRPC. Straight-line: build, start, hand back how to stop. */
import type { Clock } from '../base/clock.js';
import { Deadline } from '../base/deadline.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { version } from '../base/version.js';
import type { ChangeLog } from '../cluster/change-log.js';
import { Membership } from '../cluster/membership/membership.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { Registry } from '../cluster/registry.js';
import { grpcTransport, type Transport } from '../cluster/rpc/transport.js';
import type { ClusterMap } from '../cluster/shard-map/cluster-map.js';
import { ClusterView } from '../cluster/shard-map/cluster-view.js';
import type { Files } from '../vector-index/files.js';
import { instructionSet } from '../vector-index/instruction-set.js';
import { systemFiles } from '../vector-index/system-files.js';
import { TransferService } from '../proto/generated/shoal/v1/backup.js';
import { NodeKind, type Node } from '../proto/generated/shoal/v1/cluster.js';
import { DirectoryService } from '../proto/generated/shoal/v1/directory.js';
import { ShardService } from '../proto/generated/shoal/v1/shard.js';
import { ShardTrainingService } from '../proto/generated/shoal/v1/training.js';
import { shardNodeConfigSchema, type ShardNodeConfigInput } from './config.js';
import { DirectoryAnswers } from './directory/answers.js';
import { DirectorySet } from './directory/directory-set.js';
import { directoryService } from './directory/service.js';
import { withdrawFormerStates } from './former-states.js';
import { removeOrphans, type OrphanOptions } from './orphans.js';
import { ReplicaSet } from './replicas.js';
import { shardService } from './service.js';
import type { RunTraining } from './training/run-training.js';
import { shardTrainingService } from './training/service.js';
import { runInThread } from './training/thread.js';
import { Trainings } from './training/trainings.js';
import { openTransfers } from './transfer/service.js';

export interface ShardNodeOptions {
  readonly config: ShardNodeConfigInput;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** gRPC unless told. */
  readonly transport?: Transport;
  /** The machine's file system unless told. */
  readonly files?: Files;
  /** Carries trainings out in a thread of their own unless told. */
  readonly train?: RunTraining;
}

export interface RunningNode {
  /** HOST:PORT of its gRPC server. */
  readonly address: string;
  /** Leaves the cluster, finishes what is under way and closes. */
  drain(): Promise<void>;
  /** Stops at once; nothing acknowledged is lost. Idempotent. */
  close(): Promise<void>;
}

/** Starts a shard node; resolves when every replica that the registry gives it now serves, or has failed, or takes too long. */
export async function startShardNode(options: ShardNodeOptions): Promise<RunningNode> {
  const { registry, log, objects, clock, logger, files = systemFiles } = options;
  const config = shardNodeConfigSchema.parse(options.config);
  const standing = await Membership.take({ registry, clock, logger });
  const transport = options.transport ?? grpcTransport;
  const connections = transport.connect({ clock });
  const replicas = new ReplicaSet({ config, registry, log, objects, files, connections, standing, clock, logger });
  const directories = new DirectorySet({ config, registry, log, files, connections, standing, clock, logger });
  const directory = new DirectoryAnswers(directories, log);
  const { server: implementation, stream } = shardService(replicas, { directory, clock, logger });
  const { dataDirectory } = config;
  const transfers = openTransfers({ replicas, dataDirectory, registry, objects, files, clock, logger });
  const { splitLimits, trainingCheckpointEveryMs: checkpointEveryMs } = config;
  const run = options.train ?? runInThread;
  const trainings = new Trainings({ replicas, registry, objects, clock, logger, run, splitLimits, checkpointEveryMs });
  const server = await transport
    .serve({
      host: config.host,
      port: config.port,
      services: [
        { definition: ShardService, implementation },
        { definition: DirectoryService, implementation: directoryService(directory, { clock, logger }) },
        { definition: TransferService, implementation: transfers.server },
        { definition: ShardTrainingService, implementation: shardTrainingService(trainings, { clock, logger }) },
      ],
      reflection: true,
      clock,
      logger,
    })
    .catch(async (error: unknown) => {
      await connections.close();
      await standing.leave();
      throw error;
    });
  const { address } = server;
  await standing.announce(memberOf(config.id, address));
  // Neither rejects.
  standing.onRenewal(() => void Promise.all([replicas.renew(), directories.renew()]));
  const view = ClusterView.open(registry, logger);
  await followPlacements(view, { replicas, directories }, { ...config, address, registry, files, clock, logger });
  const leave = async (): Promise<void> => {
    await replicas.leave();
    await directories.leave();
    await standing.leave();
  };
  const close = async (): Promise<void> => {
    await leave();
    await view.close();
    await server.close();
    await transfers.close();
    await trainings.close();
    await directories.close();
    await replicas.close();
    await connections.close();
  };
  return {
    address,
    close,
    drain: async () => {
      await leave();
      stream.drain();
      await server.drain();
      await close();
    },
  };
}

function memberOf(id: string, address: string): Node {
  return {
    id,
    kind: NodeKind.NODE_KIND_SHARD,
    address,
    version,
    kernels: instructionSet(),
    executionProvider: '',
    model: '',
    modelDigest: '',
    earlierDigests: [],
  };
}

interface Holdings {
  readonly replicas: ReplicaSet;
  readonly directories: DirectorySet;
}

/**
 * The first picture that shows this node holds everything written before; replicas and directories follow it and all later ones. Data
 * that no picture will ever ask for goes before.
 */
async function followPlacements(
  view: ClusterView,
  { replicas, directories }: Holdings,
  self: OrphanOptions & { readonly address: string; readonly clock: Clock },
): Promise<void> {
  const deadline = Deadline.after(self.clock, limits.writeDeadlineMs);
  const state = { work: Promise.resolve() };
  // One after the other, since both keep their data in the folder of the collection and clear it away.
  const follow = (map: ClusterMap): Promise<void> => {
    state.work = state.work.then(() => replicas.follow(map)).then(() => directories.follow(map));
    return state.work;
  };
  try {
    const isListed = (address: string | undefined): true | undefined => (address === self.address ? true : undefined);
    await view.when((map) => isListed(map.nodes.get(self.id)?.address), 'the node to be listed', deadline);
    await withdrawFormerStates(self.registry, self.id);
    await removeOrphans(self);
    view.onChange((map) => void follow(map));
    await follow(view.current());
    await replicas.settled(deadline);
    await directories.settled(deadline);
  } finally {
    deadline.close();
  }
}
