/** What one seed stands for: the size of the cluster, the collection, the work and the trouble. */
import type { Random } from '../../base/random.js';
import type { ClusterShape } from './cluster.js';

export interface Plan extends ClusterShape {
  readonly replicas: number;
  readonly lists: number;
  readonly shards: number;
  readonly partitions: number;
  readonly ids: number;
  readonly clients: number;
  readonly operations: number;
  readonly faults: number;
  /** Other collections come and go beside the main one. */
  readonly hasSideStory: boolean;
}

export function drawPlan(random: Random, operations: number): Plan {
  const shardNodes = 2 + random.below(3);
  const lists = 1 + random.below(5);
  return {
    coordinators: 1 + random.below(2),
    shardNodes,
    replicas: 1 + random.below(Math.min(2, shardNodes)),
    lists,
    shards: 1 + random.below(lists),
    partitions: 1 + random.below(3),
    ids: 20 + random.below(200),
    clients: 2 + random.below(4),
    operations,
    faults: 20 + random.below(6),
    hasSideStory: random.below(4) === 0,
    sealBytes: 2_000 + random.below(60_000),
    sealAgeMs: 500 + random.below(5_000),
  };
}
