/** The gRPC face of the cluster's state. */
import { limits } from '../../base/limits.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed, nodesOfKind } from '../../cluster/shard-map/cluster-map.js';
import { NodeKind, type ClusterServer, type ModelInfo } from '../../proto/generated/shoal/v1/cluster.js';
import type { Deadline } from '../../base/deadline.js';
import type { CoordinatorParts } from '../parts.js';
import { moveReplica } from '../placement/move-replica.js';
import { flush } from '../status/flush.js';
import { shardInfos } from '../status/shards.js';
import { collectionProblems, statusOf } from '../status/status.js';

/** The handlers of `shoal.v1.Cluster`. */
export function clusterService(parts: CoordinatorParts): ClusterServer {
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    getStatus: unaryHandler(() => Promise.resolve(statusOf(parts.view.current())), options),
    listShards: unaryHandler(async ({ collection }, { deadline }) => {
      const settings = collectionNamed(parts.view.current(), collection);
      const shards = await shardInfos(settings, parts, deadline);
      return { shards: [...shards], problems: [...collectionProblems(parts.view.current(), settings)] };
    }, options),
    flush: unaryHandler(
      ({ collection }, { deadline }) => flush(collectionNamed(parts.view.current(), collection), parts, deadline),
      options,
    ),
    moveReplica: unaryHandler(async ({ collection, ...move }, { deadline }) => {
      const settings = collectionNamed(parts.view.current(), collection);
      return { nodes: [...(await moveReplica(settings, move, parts, deadline))] };
    }, options),
    listModels: unaryHandler(async (_request, { deadline }) => ({ models: await models(parts, deadline) }), options),
  };
}

/** The models that encoder nodes serve, each with its nodes. */
async function models(parts: CoordinatorParts, deadline: Deadline): Promise<ModelInfo[]> {
  const nodes = nodesOfKind(parts.view.current(), NodeKind.NODE_KIND_ENCODER);
  const names = [...new Set(nodes.map(({ model }) => model))].sort();
  return Promise.all(
    names.map(async (name) => {
      const info = await parts.encoders.infoOfModel(name, deadline);
      return {
        name,
        digest: info.modelDigest,
        dim: info.dim,
        tokenDim: info.tokenDim,
        sparse: info.sparse,
        tokenCodec: info.tokenCodec,
        nodes: nodes.filter(({ model }) => model === name).map(({ id }) => id),
      };
    }),
  );
}
