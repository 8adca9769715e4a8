/** How the cluster is, and what somebody should do about it. */
import { isReady } from './shards.js';
import {
  directoriesOf,
  directoryStatesOf,
  nodesOfKind,
  placementsOf,
  replicasOf,
  type ClusterMap,
} from '../../cluster/shard-map/cluster-map.js';
import { NodeKind, type GetStatusResponse, type Problem } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { version } from '../../base/version.js';
import { noModel } from '../encoders.js';
import { isUnderWay } from '../training/training-record.js';

/** Members, collections and problems; healthy when everything serves: a training that waits hinders no search and no write. */
export function statusOf(map: ClusterMap): GetStatusResponse {
  const problems = [
    ...nodeProblems(map),
    ...[...map.settings.values()].flatMap((each) => collectionProblems(map, each)),
  ];
  const waiting = [...map.settings.values()].flatMap((each) => trainingProblems(map, each));
  return {
    healthy: problems.length === 0,
    nodes: [...map.nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    collections: [...map.uids.keys()].sort(),
    problems: [...problems, ...waiting],
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

/** What is wrong with the replicas and the directory of one collection. */
export function collectionProblems(
  map: ClusterMap,
  settings: Pick<CollectionSettings, 'uid' | 'name'>,
): readonly Problem[] {
  return [...replicaProblems(map, settings), ...directoryProblems(map, settings)];
}

function replicaProblems(map: ClusterMap, { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>): readonly Problem[] {
  const problems: Problem[] = [];
  for (const placement of placementsOf(map, uid)) {
    const replicas = new Map(replicasOf(map, placement).map((replica) => [replica.node, replica]));
    for (const node of placement.nodes) {
      const replica = replicas.get(node);
      const where = `replica of shard ${placement.shard} of '${name}' on ${node}`;
      if (replica === undefined || !isReady(replica)) problems.push(notServing(where, replica));
      else if (replica.problem !== '') problems.push(hindered(where, replica.problem));
    }
  }
  return problems;
}

function directoryProblems(
  map: ClusterMap,
  { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const placement of directoriesOf(map, uid)) {
    const states = new Map(directoryStatesOf(map, placement).map((state) => [state.node, state]));
    for (const node of placement.nodes) {
      const state = states.get(node);
      const where = `copy of partition ${placement.partition} of the directory of '${name}' on ${node}`;
      if (state?.state !== 'ready') problems.push(notServing(where, state));
      else if (state.problem !== '') problems.push(hindered(where, state.problem));
    }
  }
  return problems;
}

/** A training that is ordered and that no node carries out at present. */
function trainingProblems(
  { trainingRecords, trainingStates }: ClusterMap,
  { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>,
): readonly Problem[] {
  const record = trainingRecords.get(uid);
  if (!isUnderWay(record)) return [];
  const state = trainingStates.get(uid);
  if (state !== undefined && state.waiting === undefined) return [];
  const { since = record.ordered, why = 'no coordinator sees to it, as after a restart' } = state?.waiting ?? {};
  const what = `the training of '${name}' by ${record.request?.method} waits`;
  return [
    {
      what: state === undefined ? `${what}, ordered ${since?.toISOString()}` : `${what} since ${since?.toISOString()}`,
      why,
      todo: `mend that, or wait: it is tried again by itself; \`shoal train ${name} --cancel\` ends it`,
    },
  ];
}

function notServing(where: string, said: { readonly state: string; readonly problem: string } | undefined): Problem {
  const what = `${where} does not serve`;
  if (said === undefined) return { what, why: 'the node is away', todo: 'start the node, or wait until it is back' };
  if (said.state === 'failed')
    return { what, why: said.problem, todo: 'see the log of the node, mend it and restart it' };
  return { what, why: said.problem || 'it is taking up what the log holds', todo: 'wait; it serves when it is done' };
}

/** Disk full, or the log cannot be reached: what is new is in memory only, or not taken up. Or searches find less than they could. */
function hindered(where: string, why: string): Problem {
  const what = `${where} serves, but is hindered`;
  return { what, why, todo: 'mend that, as by freeing disk space or as it says; it is tried again without a restart' };
}
