/**
 * Second step: which inverted lists to probe, and so which shards to ask.
 *
 * The lists nearest to the question's vector are probed, all of them where nothing says how many. Words cannot be routed by centroid:
 * where sparse candidates are wanted, every shard is asked for them.
 */
import { counted } from '../../base/counted.js';
import { uint32From } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import type { Question } from './question.js';

export interface ShardPlan {
  readonly placement: ShardPlacement;
  /** uint32[n]: lists to scan for dense candidates; none = the shard is asked for sparse ones only. */
  readonly lists: Uint32Array;
  readonly dense: boolean;
  readonly sparse: boolean;
}

export interface Plan {
  readonly shards: readonly ShardPlan[];
  /** Numbers of the lists probed, ascending. */
  readonly lists: readonly number[];
  readonly listsTotal: number;
  /** Version of the structure that numbers the lists. */
  readonly structureVersion: number;
  /** Version of the learned parameters that scans read, the same at every shard and in every step; 0 = none. */
  readonly parametersVersion: number;
  readonly shardsTotal: number;
  /** Every shard of the collection, also those that are not asked for candidates. */
  readonly placements: readonly ShardPlacement[];
}

export interface Routing {
  readonly map: ClusterMap;
  /** The structure of the collection; null where it has one list. */
  readonly structure: Structure | null;
  readonly structureVersion: number;
  readonly parametersVersion: number;
}

/**
 * The plan for `question`, whose vector is `dense` (float32[dim], null where the mode needs none), on the shards of a map. UNAVAILABLE
 * when the collection has no shard yet.
 */
export function route(
  question: Question,
  dense: Float32Array | null,
  { map, structure, structureVersion, parametersVersion }: Routing,
): Plan {
  const placements = placementsOf(map, question.settings.uid);
  if (placements.length === 0) {
    throw new ShoalError(
      'UNAVAILABLE',
      `collection '${question.settings.name}' has no shard yet; try again in a moment`,
    );
  }
  const owned = placements.map(({ lists }) => uint32From(lists, 'the lists of a shard'));
  const listsTotal = owned.reduce((sum, { length }) => sum + length, 0);
  checkProbes(question, listsTotal);
  const isLimited = question.nprobe > 0 && question.nprobe < listsTotal;
  const nearest =
    isLimited && dense !== null ? new Set(nearestLists(present(structure, 'structure'), dense, question.nprobe)) : null;
  const shards = placements.map((placement, i) => {
    const lists = question.dense ? owned[i]!.filter((list) => nearest?.has(list) ?? true) : new Uint32Array(0);
    return { placement, lists, dense: lists.length > 0, sparse: question.sparseSearch };
  });
  return planOf(
    shards.filter((shard) => shard.dense || shard.sparse),
    { placements, listsTotal, structureVersion, parametersVersion },
  );
}

/** The lists that `plan` leaves out, at the shards that have them. */
export function routeRest(plan: Plan): Plan {
  const probed = new Set(plan.lists);
  const shards = plan.placements.map((placement) => {
    const lists = uint32From(placement.lists, 'the lists of a shard').filter((list) => !probed.has(list));
    return { placement, lists, dense: true, sparse: false };
  });
  return planOf(
    shards.filter(({ lists }) => lists.length > 0),
    plan,
  );
}

/** What `first` and `second` probe together. */
export function united(first: Plan, second: Plan): Plan {
  const shards = new Map(first.shards.map((shard) => [shard.placement.shard, shard]));
  for (const shard of second.shards) {
    const known = shards.get(shard.placement.shard);
    const lists = Uint32Array.from([...(known?.lists ?? []), ...shard.lists]).sort();
    shards.set(shard.placement.shard, { ...shard, lists, sparse: known?.sparse ?? false });
  }
  return planOf(
    [...shards.values()].sort((a, b) => a.placement.shard - b.placement.shard),
    first,
  );
}

function planOf(
  shards: readonly ShardPlan[],
  collection: Pick<Plan, 'placements' | 'listsTotal' | 'structureVersion' | 'parametersVersion'>,
): Plan {
  const { placements, listsTotal, structureVersion, parametersVersion } = collection;
  const lists = shards.flatMap((shard) => [...shard.lists]).sort((a, b) => a - b);
  const shardsTotal = placements.length;
  return { shards, lists, listsTotal, structureVersion, parametersVersion, shardsTotal, placements };
}

function checkProbes({ nprobe, settings }: Question, listsTotal: number): void {
  if (nprobe <= listsTotal) return;
  const what = `nprobe is ${nprobe}, collection '${settings.name}' has ${counted(listsTotal, 'list')}`;
  throw new ShoalError('INVALID_ARGUMENT', `${what}; give at most that many, or auto`);
}
