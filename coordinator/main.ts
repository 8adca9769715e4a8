/** One coordinator: questions and documents in, answers out. Straight-line: build, start, hand back how to stop. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { Deadline } from '../base/deadline.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { version } from '../base/version.js';
import type { ChangeLog } from '../cluster/change-log.js';
import { Membership } from '../cluster/membership/membership.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { Registry } from '../cluster/registry.js';
import type { RpcServer } from '../cluster/rpc/server.js';
import { grpcTransport, type Transport } from '../cluster/rpc/transport.js';
import { ClusterView } from '../cluster/shard-map/cluster-view.js';
import { BackupsService } from '../proto/generated/shoal/v1/backup.js';
import { ClusterService, NodeKind, type Node } from '../proto/generated/shoal/v1/cluster.js';
import { CollectionsService } from '../proto/generated/shoal/v1/collections.js';
import { DocumentsService } from '../proto/generated/shoal/v1/documents.js';
import { SearchService } from '../proto/generated/shoal/v1/search.js';
import { TrainingService } from '../proto/generated/shoal/v1/training.js';
import { backupsService } from './backup/service.js';
import { coordinatorConfigSchema, type CoordinatorConfig, type CoordinatorConfigInput } from './config.js';
import { RemainsSweeper } from './collections/remains.js';
import { ExpirySweeper } from './documents/expiry.js';
import { Encoders } from './encoders.js';
import { Appenders } from './ingest/appenders.js';
import { AttributeTypeRegistry } from './ingest/attribute-types.js';
import { TokenCodecs } from './ingest/token-codecs.js';
import type { CoordinatorParts } from './parts.js';
import { Peers } from './peers.js';
import { GuardedLog } from './placement/guarded-log.js';
import { LogGuard } from './placement/log-guard.js';
import { Truncation } from './placement/truncation.js';
import { TermStatistics } from './search/term-statistics.js';
import { clusterService } from './service/cluster-service.js';
import { collectionsService } from './service/collections-service.js';
import { documentsService } from './service/documents-service.js';
import { searchService } from './service/search-service.js';
import { Structures } from './structures.js';
import { AutoTrainer } from './training/auto-trainer.js';
import { trainingService } from './training/service.js';
import { TrainingOrders } from './training/training-orders.js';

export interface CoordinatorOptions {
  readonly config: CoordinatorConfigInput;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** gRPC unless told. */
  readonly transport?: Transport;
  /** Gives uids of new collections, never the same twice; random unless told. */
  readonly newUid?: () => string;
}

export interface RunningCoordinator {
  /** HOST:PORT of its gRPC server. */
  readonly address: string;
  /** Leaves the cluster, finishes what is under way and closes. */
  drain(): Promise<void>;
  /** Stops at once; nothing acknowledged is lost. Idempotent. */
  close(): Promise<void>;
}

/** Starts a coordinator; resolves when it serves. FAILED_PRECONDITION when its port is in use. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const config = coordinatorConfigSchema.parse(options.config);
  const parts = build(config, options);
  const { registry, view, peers, truncation, guard, clock } = parts;
  const orders = new TrainingOrders(parts);
  const transport = options.transport ?? grpcTransport;
  const server = await serve(config, { parts, orders }, transport).catch(async (error: unknown) => {
    await orders.close();
    await view.close();
    await peers.close();
    throw error;
  });
  const standing = await Membership.take({ registry, clock, logger: parts.logger });
  await standing.announce(description(config.id, server.address));
  standing.onRenewal(() => guard.forget());
  await listed(view, { id: config.id, address: server.address, clock });
  const stopTruncation = view.onChange((map) => void truncation.follow(map));
  // Not awaited: it ends with the calls under way, and the next change must not wait for them.
  const stopForgetting = view.onChange((map) => void peers.follow(map));
  const stopGuarding = view.onChange((map) => void guard.follow(map));
  await guard.follow(view.current());
  const sweeper = new ExpirySweeper(parts, config.expirySweepMs);
  const remains = new RemainsSweeper(parts);
  const {
    autoCodeDocuments: codeDocuments,
    autoTrainDocuments: documents,
    autoTrainEveryMs: everyMs,
    splitLimits,
  } = config;
  const trainer = new AutoTrainer(parts, orders, { codeDocuments, documents, everyMs, splitLimits });
  const close = async (): Promise<void> => {
    stopTruncation();
    stopForgetting();
    stopGuarding();
    await guard.close();
    await trainer.close();
    await orders.close();
    await sweeper.close();
    await remains.close();
    await standing.leave();
    await server.close();
    await view.close();
    await peers.close();
  };
  return {
    address: server.address,
    close,
    drain: async () => {
      await standing.leave();
      await server.drain();
      await close();
    },
  };
}

function serve(
  config: CoordinatorConfig,
  { parts, orders }: { readonly parts: CoordinatorParts; readonly orders: TrainingOrders },
  transport: Transport,
): Promise<RpcServer> {
  return transport.serve({
    host: config.host,
    port: config.port,
    services: [
      { definition: CollectionsService, implementation: collectionsService(parts) },
      { definition: DocumentsService, implementation: documentsService(parts) },
      { definition: SearchService, implementation: searchService(parts) },
      { definition: ClusterService, implementation: clusterService(parts) },
      { definition: BackupsService, implementation: backupsService(parts) },
      { definition: TrainingService, implementation: trainingService(parts, orders) },
    ],
    reflection: true,
    clock: parts.clock,
    logger: parts.logger,
  });
}

/** The first picture that shows this coordinator holds every collection that was created before. */
async function listed(
  view: ClusterView,
  self: { readonly id: string; readonly address: string; readonly clock: Clock },
): Promise<void> {
  const deadline = Deadline.after(self.clock, limits.writeDeadlineMs);
  try {
    await view.when(
      (map) => (map.nodes.get(self.id)?.address === self.address ? true : undefined),
      'the coordinator to be listed',
      deadline,
    );
  } finally {
    deadline.close();
  }
}

function build(config: CoordinatorConfig, options: CoordinatorOptions): CoordinatorParts {
  const { registry, objects, clock, logger } = options;
  const view = ClusterView.open(registry, logger);
  const peers = new Peers(clock, options.transport);
  const guard = new LogGuard({ id: config.id, registry, log: options.log, clock, logger });
  const log = new GuardedLog(options.log, guard);
  return {
    registry,
    log,
    objects,
    view,
    peers,
    encoders: new Encoders(view, peers),
    statistics: new TermStatistics(clock, peers),
    fanOut: { map: () => view.current(), loadOf: (address) => peers.loadOf(address) },
    appenders: new Appenders({ view, log, clock, checkWritable: (uid) => guard.checkWritable(uid) }),
    types: new AttributeTypeRegistry(registry),
    codecs: new TokenCodecs(objects),
    structures: new Structures({ objects, clock, logger }),
    truncation: new Truncation({ registry, log, clock, logger }),
    guard,
    clock,
    logger,
    newUid: options.newUid ?? (() => randomBytes(8).toString('hex')),
    newSeed: () => randomBytes(4).readUInt32LE(),
    trainDocumentsMin: config.trainDocumentsMin,
    defaultReplicas: config.defaultReplicas,
  };
}

function description(id: string, address: string): Node {
  const kind = NodeKind.NODE_KIND_COORDINATOR;
  return {
    id,
    kind,
    address,
    version,
    kernels: '',
    executionProvider: '',
    model: '',
    modelDigest: '',
    earlierDigests: [],
  };
}
