/**
 * A replica moves: the node that it moves to enters the placement and takes the data of another (shard-node/transfer/copy-replica.ts); once it has
 * applied what the log holds, the node that it moves from leaves.
 *
 * Two writes of one key, and what lies between them is a shard with one replica more. So a move that was broken off harms nothing, and the
 * same move again ends it.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { keys } from '../../cluster/keys.js';
import type { Registry } from '../../cluster/registry.js';
import { epochOf, nodesOfKind, replicaOf, stayOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { NodeKind, ShardPlacement, type ReplicaState } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';

export interface Move {
  readonly shard: number;
  /** Ids of shard nodes. */
  readonly from: string;
  readonly to: string;
}

export interface MoveParts {
  readonly registry: Registry;
  readonly view: ClusterView;
}

interface Place {
  readonly settings: CollectionSettings;
  readonly shard: number;
  readonly parts: MoveParts;
  readonly deadline: Deadline;
}

/**
 * Resolves with the nodes of the shard once the move is done, or was before. NOT_FOUND for a shard or a node that does not exist,
 * FAILED_PRECONDITION where neither has a replica; DEADLINE_EXCEEDED while the data are on their way, which they stay.
 */
export async function moveReplica(
  settings: CollectionSettings,
  move: Move,
  parts: MoveParts,
  deadline: Deadline,
): Promise<readonly string[]> {
  checkMove(settings, move, parts.view.current());
  const place = { settings, shard: move.shard, parts, deadline };
  await placeWith(place, (nodes) => {
    if (nodes.includes(move.to)) return nodes;
    if (nodes.includes(move.from)) return [...nodes, move.to];
    const what = `node '${move.from}' has no replica of shard ${move.shard} of collection '${settings.name}'`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; \`shoal shards ${settings.name}\` says which nodes have one`);
  });
  await arrived(settings, move, parts, deadline);
  return placeWith(place, (nodes) => nodes.filter((node) => node !== move.from));
}

function checkMove({ name }: CollectionSettings, { from, to }: Move, map: ClusterMap): void {
  if (from === to) {
    throw new ShoalError('INVALID_ARGUMENT', `a replica cannot move from node '${from}' to itself; name another node`);
  }
  const nodes = nodesOfKind(map, NodeKind.NODE_KIND_SHARD).map(({ id }) => id);
  if (nodes.includes(to)) return;
  const known = nodes.length === 0 ? 'none is up' : `there are: ${nodes.join(', ')}`;
  throw new ShoalError('NOT_FOUND', `no shard node '${to}' is up to take a replica of collection '${name}'; ${known}`);
}

/** Writes the placement with the nodes that `change` gives, unless they stay; gives them. NOT_FOUND when there is no such shard. */
async function placeWith(
  { settings, shard, parts, deadline }: Place,
  change: (nodes: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  const { uid, name } = settings;
  const { registry, view } = parts;
  for (;;) {
    deadline.check();
    const entry = await registry.get(keys.placement(uid, shard));
    if (entry === null) {
      throw new ShoalError(
        'NOT_FOUND',
        `collection '${name}' has no shard ${shard}; \`shoal shards ${name}\` lists them`,
      );
    }
    const placement = ShardPlacement.decode(entry.value);
    const nodes = [...change(placement.nodes)];
    if (nodes.length === placement.nodes.length) return nodes;
    const largest = epochOf(view.current());
    const epoch = (largest > placement.epoch ? largest : placement.epoch) + 1n;
    // Epochs of a placement only rise, so that no stay of a node is like another.
    const stays = nodes.map((node) => stayOf(placement, node) ?? epoch);
    const value = ShardPlacement.encode({ ...placement, nodes, stays, epoch }).finish();
    const conditions = [{ key: entry.key, revision: entry.revision }];
    if ((await registry.transact(conditions, [{ operation: 'put', key: entry.key, value }])) !== null) return nodes;
  }
}

/** Resolves when the replica at its new node serves. */
async function arrived(
  { uid, name }: CollectionSettings,
  { shard, to }: Move,
  { view }: MoveParts,
  deadline: Deadline,
): Promise<void> {
  const stateIn = (map: ClusterMap): ReplicaState | undefined => {
    const placement = map.placements.get(uid)?.get(shard);
    return placement && replicaOf(map, placement, to);
  };
  try {
    await view.when(
      (map) => (stateIn(map)?.state === 'ready' ? true : undefined),
      `node '${to}' to have shard ${shard} of collection '${name}'`,
      deadline,
    );
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    const problem = stateIn(view.current())?.problem ?? '';
    if (error.code !== 'DEADLINE_EXCEEDED' || problem === '') throw error;
    throw new ShoalError('DEADLINE_EXCEEDED', `${error.message}: ${problem}; the same command again waits for it`);
  }
}
