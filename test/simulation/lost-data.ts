/** Data that a simulated node has lost: what is known of it, and when the node has found out. */
import { keys } from '../../cluster/keys.js';
import { stayOf } from '../../cluster/shard-map/cluster-map.js';
import {
  DirectoryPlacement,
  DirectoryState,
  ReplicaState,
  ShardPlacement,
} from '../../proto/generated/shoal/v1/cluster.js';
import type { SimCluster } from './cluster.js';
import type { Machine } from './machine.js';

/** What a node says that has lost what the log no longer has. */
export const lostMessage = 'the log begins after';

/** Who has to know what is lost. The functions returned say that nodes have found out. */
export interface Losses {
  /** The directory of a collection forgets what it decided after `committed`. */
  decisions(uid: string, committed: bigint): () => void;
  /** The main collection's log loses its last `count` records. */
  end(count: number): () => void;
}

/** The directories of `machine` forget. They begin anew once it serves, from the moment in which the function returned is called. */
export function forgetDirectories(cluster: SimCluster, machine: Machine, losses: Losses): () => void {
  const { registry } = cluster.world;
  const statesOf = (uid: string): DirectoryState[] =>
    registry
      .list(keys.directoryStates)
      .map(({ value }) => DirectoryState.decode(value))
      .filter((state) => state.node === machine.name && state.uid === uid);
  const held = registry.list(keys.directories).map(({ value }) => DirectoryPlacement.decode(value));
  const uids = new Set(held.filter(({ nodes }) => nodes.includes(machine.name)).map(({ uid }) => uid));
  const forgotten = [...uids].map((uid) => {
    const count = held.filter((each) => each.uid === uid && each.nodes.includes(machine.name)).length;
    const states = statesOf(uid);
    const committed = states.map((state) => state.committed);
    const least = states.length < count ? 0n : committed.reduce((a, b) => (a < b ? a : b));
    return { uid, count, end: losses.decisions(uid, least) };
  });
  const begin = (starts: number): void => {
    const isServing = machine.address !== null && machine.starts > starts;
    const isReady = forgotten.every(({ uid, count }) => {
      const ready = statesOf(uid).filter(({ state }) => state === 'ready');
      return ready.length === count || registry.get(keys.setting(uid)) === null;
    });
    if (isServing && isReady) for (const { end } of forgotten) end();
    else cluster.scheduler.after(100, () => begin(starts));
  };
  return () => begin(machine.starts);
}

/** Shards that `machine` cannot get from the log again; null = it has not said of all its shards how they are. */
export function lostShards(cluster: SimCluster, machine: Machine): readonly ReplicaState[] | null {
  const { registry } = cluster.world;
  const states = registry.list(keys.replicas).map(({ value }) => ReplicaState.decode(value));
  const wanted = registry
    .list(keys.placements)
    .map(({ value }) => ShardPlacement.decode(value))
    .filter(({ nodes }) => nodes.includes(machine.name));
  const isWanted = ({ uid, shard, stay }: ReplicaState): boolean =>
    wanted.some((each) => each.uid === uid && each.shard === shard && stayOf(each, machine.name) === stay);
  const own = states.filter((state) => state.node === machine.name && isWanted(state));
  // A node that failed for another reason is started again before it can say what it lacks.
  const isLost = ({ state, problem }: ReplicaState): boolean => state === 'failed' && problem.includes(lostMessage);
  const isTold = wanted.every(({ uid, shard }) =>
    own.some((each) => each.uid === uid && each.shard === shard && (each.state !== 'failed' || isLost(each))),
  );
  return machine.address === null || !isTold ? null : own.filter(isLost);
}
