/** Which subject takes the documents of an inverted list, by the newest placements that this node has seen. */
import { uint32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { shardSubject } from '../../cluster/keys.js';
import { epochOf, placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';

export class ListRoutes {
  readonly #uid: string;
  #placements: readonly ShardPlacement[] = [];
  #subjects = new Map<number, string>();
  #epoch = 0n;

  constructor(uid: string) {
    this.#uid = uid;
  }

  /** Map epoch of the placements. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** The collection's shards, ascending. */
  get placements(): readonly ShardPlacement[] {
    return this.#placements;
  }

  /** Takes over the placements in `map`. */
  follow(map: ClusterMap): void {
    const placements = placementsOf(map, this.#uid);
    this.#epoch = epochOf(map);
    if (isSame(placements, this.#placements)) return;
    this.#placements = placements;
    this.#subjects = new Map();
    for (const { uid, generation, shard, lists } of placements) {
      for (const list of uint32From(lists, 'lists')) this.#subjects.set(list, shardSubject(uid, generation, shard));
    }
  }

  /**
   * The subject of `list`; that of the first shard for a list that no shard has, so that a record with such a one stops nothing.
   * UNAVAILABLE while no shard is known.
   */
  subjectOf(list: number): string {
    const subject = this.#subjects.get(list);
    if (subject !== undefined) return subject;
    const [first] = this.#placements;
    if (first === undefined) throw new ShoalError('UNAVAILABLE', 'the collection has no shards yet, or was dropped');
    return shardSubject(first.uid, first.generation, first.shard);
  }
}

/** Pictures of the cluster share the placements that did not change. */
function isSame(a: readonly ShardPlacement[], b: readonly ShardPlacement[]): boolean {
  return a.length === b.length && a.every((placement, i) => placement === b[i]);
}
