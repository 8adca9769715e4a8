/** Which shard's subject a document of a list goes to, under the map of the moment. */
import { uint32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { shardSubject } from '../../cluster/keys.js';
import { epochOf, placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';

/** The way into a collection's shards under one map. */
export interface ShardRoute {
  /** Of the map that it was made from. */
  readonly epoch: bigint;
  /** Whether all documents go to one subject, which then keeps the order of its documents. */
  readonly isSingle: boolean;
  /** UNAVAILABLE while no shard has the list. */
  subjectOf(list: number): string;
}

export class ShardRoutes {
  readonly #view: Pick<ClusterView, 'current'>;
  #map: ClusterMap | null = null;
  /** By uid, for `#map`. */
  readonly #routes = new Map<string, ShardRoute>();

  constructor(view: Pick<ClusterView, 'current'>) {
    this.#view = view;
  }

  /** UNAVAILABLE while the collection has no shard. */
  of(settings: Pick<CollectionSettings, 'uid' | 'name'>): ShardRoute {
    const map = this.#view.current();
    if (map !== this.#map) {
      this.#map = map;
      this.#routes.clear();
    }
    const known = this.#routes.get(settings.uid);
    if (known !== undefined) return known;
    const route = routeOf(map, settings);
    this.#routes.set(settings.uid, route);
    return route;
  }
}

function routeOf(map: ClusterMap, { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>): ShardRoute {
  const placements = placementsOf(map, uid);
  if (placements.length === 0) {
    throw new ShoalError('UNAVAILABLE', `collection '${name}' has no shard yet; try again in a moment`);
  }
  const [only] = placements;
  if (only !== undefined && placements.length === 1) {
    // Also for a list of another structure than the map's, as a write has that was prepared before the map changed.
    const subject = shardSubject(uid, only.generation, only.shard);
    return { epoch: epochOf(map), isSingle: true, subjectOf: () => subject };
  }
  const subjects = new Map<number, string>();
  for (const { generation, shard, lists } of placements) {
    const subject = shardSubject(uid, generation, shard);
    for (const list of uint32From(lists, 'lists of a placement')) subjects.set(list, subject);
  }
  return {
    epoch: epochOf(map),
    isSingle: false,
    subjectOf: (list) => {
      const subject = subjects.get(list);
      if (subject !== undefined) return subject;
      throw new ShoalError('UNAVAILABLE', `no shard of collection '${name}' has list ${list}; try again in a moment`);
    },
  };
}
