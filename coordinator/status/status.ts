/** How the cluster is, and what somebody should do about it. */
import { isReady } from './shards.js';
import { nodesOfKind, placementsOf, replicasOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import { NodeKind, type GetStatusResponse, type Problem } from '../../proto/generated/shoal/v1/cluster.js';
import { version } from '../../base/version.js';
import { noModel } from '../encoders.js';

/** Members, collections and problems; healthy when there is no problem. */
export function statusOf(map: ClusterMap): GetStatusResponse {
  const problems = [...nodeProblems(map), ...replicaProblems(map)];
  return {
    healthy: problems.length === 0,
    nodes: [...map.nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    collections: [...map.uids.keys()].sort(),
    problems,
    version,
  };
}

function nodeProblems(map: ClusterMap): readonly Problem[] {
  const problems: Problem[] = [];
  if (nodesOfKind(map, NodeKind.NODE_KIND_SHARD).length === 0) {
    problems.push({ what: 'no shard node', why: 'none is registered', todo: 'start a shard node' });
  }
  const models = new Set(nodesOfKind(map, NodeKind.NODE_KIND_ENCODER).map(({ model }) => model));
  for (const { name, model } of map.settings.values()) {
    if (model === noModel || models.has(model)) continue;
    const what = `collection '${name}' cannot encode`;
    problems.push({ what, why: `no encoder node serves the model '${model}'`, todo: 'start one with its files' });
  }
  return problems;
}

function replicaProblems(map: ClusterMap): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { uid, name } of map.settings.values()) {
    for (const placement of placementsOf(map, uid)) {
      const replicas = new Map(replicasOf(map, placement).map((replica) => [replica.node, replica]));
      for (const node of placement.nodes) {
        const replica = replicas.get(node);
        const where = `replica of shard ${placement.shard} of '${name}' on ${node}`;
        if (replica !== undefined && isReady(replica)) {
          const { problem: why } = replica;
          const what = `${where} serves, but keeps what is new in memory only`;
          if (why !== '') problems.push({ what, why, todo: 'free disk space; it is tried again without a restart' });
          continue;
        }
        const what = `${where} does not serve`;
        const why = replica === undefined ? 'the node is away' : replica.problem || `it is ${replica.state}`;
        const todo =
          replica?.state === 'failed' ? 'see the log of the node, mend it and restart it' : 'wait, or start the node';
        problems.push({ what, why, todo });
      }
    }
  }
  return problems;
}
