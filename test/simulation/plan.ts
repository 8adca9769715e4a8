/** What one seed stands for: the size of the cluster, the collection, the work and the trouble. */
import type { Random } from '../../base/random.js';
import type { ClusterShape } from './cluster.js';

/** How often each operation is drawn, where nothing else is said. */
const operationWeights = {
  upsert: 22,
  import: 10,
  conditional: 10,
  delete: 10,
  deleteMatching: 2,
  set: 6,
  get: 13,
  count: 5,
  scroll: 3,
  search: 13,
  searchBatch: 3,
  like: 3,
};

/** How often each fault is drawn, where nothing else is said. */
const faultWeights = {
  crash: 6,
  kill: 2,
  cut: 4,
  cutOneWay: 3,
  delay: 4,
  reset: 3,
  diskFull: 2,
  syncFailure: 2,
  clockJump: 2,
  logCrash: 2,
  logFull: 1,
  lostAnswers: 3,
  registryDown: 2,
  objectsDown: 1,
  lostDirectory: 1,
  emptyDisk: 1,
  bitRot: 2,
  /** Drawn by no seed: what directories and shards keep of lost records is not brought together again. */
  lostEnd: 0,
};

export type OperationKind = keyof typeof operationWeights;
export type FaultKind = keyof typeof faultWeights;

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
  /** The log is held now and then. */
  readonly hasHoldStory: boolean;
  /** Directories append late now and then. */
  readonly hasLateStory: boolean;
  /** The main collection is trained again and again. */
  readonly trains: boolean;
  /** Replicas of the main collection move between nodes. */
  readonly moves: boolean;
  /** Documents of the main collection may expire. */
  readonly expires: boolean;
  readonly operationWeights: Readonly<Record<OperationKind, number>>;
  readonly faultWeights: Readonly<Record<FaultKind, number>>;
  /** How many of four documents have several passages. */
  readonly passages: number;
}

export function drawPlan(random: Random, operations: number): Plan {
  const shardNodes = 2 + random.below(3);
  const lists = 1 + random.below(5);
  const replicas = 1 + random.below(Math.min(2, shardNodes));
  const plan = {
    coordinators: 1 + random.below(2),
    shardNodes,
    replicas,
    lists,
    shards: 1 + random.below(lists),
    partitions: 1 + random.below(3),
    ids: 20 + random.below(200),
    clients: 2 + random.below(4),
    operations,
    faults: 20 + random.below(6),
    hasSideStory: random.below(4) === 0,
    hasHoldStory: random.below(2) === 0,
    hasLateStory: replicas > 1 && random.below(2) === 0,
    trains: false,
    moves: false,
    expires: random.below(4) === 0,
    sealBytes: 2_000 + random.below(60_000),
    sealAgeMs: 500 + random.below(5_000),
    sweepMs: 200 + random.below(1_000),
    operationWeights,
    faultWeights,
    passages: 1,
  };
  const drawn = withoutJumps(random.below(2) === 0 ? plan : swarmed(random, plan));
  // Not drawn: what older seeds stand for stays as it is.
  const moves = drawn.ids % 3 === 0 && replicas < shardNodes;
  return { ...drawn, trains: lists === 1 && drawn.ids % 2 === 0, moves };
}

/** One of `weights`, by weight. */
export function drawKind<Kind extends string>(random: Random, weights: Readonly<Record<Kind, number>>): Kind {
  const all = Object.entries(weights) as [Kind, number][];
  let left = random.below(all.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [kind, weight] of all) {
    left -= weight;
    if (left < 0) return kind;
  }
  return all[0]![0];
}

/** What is expired is told by the clock: those of all machines agree. */
function withoutJumps(plan: Plan): Plan {
  return plan.expires ? { ...plan, faultWeights: { ...plan.faultWeights, clockJump: 0 } } : plan;
}

/** A seed that is all about few things: some happen never, some far more often, and perhaps to few documents. */
function swarmed(random: Random, plan: Plan): Plan {
  const factors = [0, 1, 1, 4] as const;
  const drawn = <Kind extends string>(weights: Readonly<Record<Kind, number>>): Record<Kind, number> =>
    Object.fromEntries(
      Object.entries(weights).map(([kind, weight]) => [kind, (weight as number) * factors[random.below(4)]!]),
    ) as Record<Kind, number>;
  const operations = drawn(operationWeights);
  return {
    ...plan,
    // Enough is written for the number of calls to stay what it is.
    operationWeights: { ...operations, upsert: operations.upsert + 24, import: operations.import + 12 },
    faultWeights: { ...drawn(faultWeights), crash: faultWeights.crash },
    ids: random.below(3) === 0 ? 4 + random.below(12) : plan.ids,
    passages: random.below(2) === 0 ? 4 : 1,
  };
}
