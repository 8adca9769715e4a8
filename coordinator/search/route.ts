/**
 * Second step: which inverted lists to probe, and so which shards to ask.
 *
 * A collection without trained structure is one list; every shard then holds all of its lists' documents and all are asked.
 * Words cannot be routed by centroid: where sparse candidates are wanted, every shard is asked for them.
 */
import { uint32From } from '../../base/bytes.js';
import { placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { ShoalError } from '../../base/errors.js';
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
  readonly shardsTotal: number;
}

/** The plan for `question` on the shards of `map`. UNAVAILABLE when the collection has no shard yet. */
export function route(question: Question, map: ClusterMap): Plan {
  const placements = placementsOf(map, question.settings.uid);
  if (placements.length === 0) {
    throw new ShoalError(
      'UNAVAILABLE',
      `collection '${question.settings.name}' has no shard yet; try again in a moment`,
    );
  }
  const shards = placements.map((placement) => ({
    placement,
    lists: uint32From(placement.lists, 'the lists of a shard'),
    dense: question.dense,
    sparse: question.sparseSearch,
  }));
  const lists = shards.flatMap((shard) => [...shard.lists]).sort((a, b) => a - b);
  if (question.nprobe > lists.length) {
    const what = `nprobe is ${question.nprobe}, collection '${question.settings.name}' has ${lists.length} lists`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; give at most that many, or auto`);
  }
  return { shards, lists: question.dense ? lists : [], listsTotal: lists.length, shardsTotal: placements.length };
}
