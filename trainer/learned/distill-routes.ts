/**
 * The learned router of Distill-VQ: what queries are compared with to choose lists, learned beside the centroids, which stay, as do the lists.
 *
 * The learning itself is `structure/train-routing.ts`: ListNet with the lists as items and the lists of the teacher's best documents as targets.
 * Here routes are learned for a structure that serves, drawn back towards the centroids by several shares, and judged by queries and documents
 * that had no part in it: against the centroids, and against the routes that serve.
 */
import type { Random } from '../../base/random.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { Structure } from '../../vector-index/codebook/structure.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';
import { gatherRows, shuffledRows } from '../rows.js';
import type { StopSign } from '../stop-sign.js';
import { leastProbe, recallCurve, trueNeighbours, type HeldOut, type ProbeRecall } from '../structure/held-out.js';
import { drawnTowards, trainRouting } from '../structure/train-routing.js';
import { checkTrainingRows } from './check-rows.js';

const documentsMin = 256;
const queriesMin = 100;
/** Share and number of the queries, and of the documents, that are held out, half of them to choose and half to judge. */
const heldShare = 1 / 8;
const heldMax = 800;
/** How far from the centroids to the routes as they were learned: the fewer the queries, the nearer to the centroids are the best. */
const shares = [1, 0.75, 0.5, 0.25];
const usualTarget = 0.9;
/**
 * Queries and documents that are learned from, each. (Of 117,791 vectors in 2,048 lists and 22,000 short queries: with as many documents these
 * needed 71 lists where they need 79 with an eighth as many, and 117 by the centroids; quoted sentences found .730 of their neighbours in 8 lists
 * instead of .713, and .702.)
 */
const askedMax = 24_000;

export interface RoutesSample {
  readonly structure: ListStructure;
  /** float32[n, dim], finite: documents. */
  readonly vectors: Float32Array;
  /** float32[m, dim], finite: training queries; null = documents alone ask. */
  readonly queries: Float32Array | null;
}

export interface RoutesOptions {
  readonly random: Random;
  /** Share of the true neighbours that the lists of a query have to hold; 0.9. */
  readonly target?: number;
  readonly signal?: StopSign;
  onProgress?(share: number): void;
}

/** Recall with every number of lists, of those that had no part in any choice. */
export interface RouteRecall {
  /** Of queries; empty where there are none. */
  readonly queries: readonly ProbeRecall[];
  /** Of documents that ask for their neighbours. */
  readonly documents: readonly ProbeRecall[];
}

export interface LearnedRoutes {
  /** float32[lists, dim]; null = nothing was found that reads fewer lists, and what served goes on. */
  readonly routes: Float32Array | null;
  /** By the centroids alone, by what serves (these again where it has no routes), and by what was learned (those again where nothing was). */
  readonly unlearned: RouteRecall;
  readonly before: RouteRecall;
  readonly after: RouteRecall;
}

/**
 * Learns routes for `sample`. Blocks the thread: for workers. The same sample, options and seed give the same routes. INVALID_ARGUMENT for a
 * sample that cannot be learned from, CANCELLED by the signal.
 */
export function distillRoutes(sample: RoutesSample, options: RoutesOptions): LearnedRoutes {
  const { random, signal, target = usualTarget } = options;
  const { structure } = sample.structure;
  const { dim } = structure;
  checkTrainingRows(sample.vectors, { dim, what: 'document', least: documentsMin });
  if (sample.queries !== null) checkTrainingRows(sample.queries, { dim, what: 'query', least: queriesMin });
  const documents = split(sample.vectors, dim, random);
  const queries = split(sample.queries ?? new Float32Array(0), dim, random);
  const vectors = documents.learned;
  const lists = listsOf(sample.structure, vectors);
  const learned = trainRouting(
    structure,
    { vectors, lists, queries: queries.learned },
    {
      random,
      signal,
      queriesMax: askedMax,
      vectorsAsked: askedMax,
      onProgress: (share) => options.onProgress?.(share),
    },
  );
  const [choosing, judging] = (['choosing', 'judging'] as const).map(
    (part) =>
      new RouteJudge(
        lists,
        [queries[part], documents[part]].map((held) => trueNeighbours(held, vectors, dim)),
      ),
  ) as [RouteJudge, RouteJudge];
  const drawn = shares.map((share) => ({ ...structure, routing: drawnTowards(structure, learned, share) }));
  const best = choosing.best(structure, drawn, target);
  const { routing: _none, ...unlearned } = structure;
  const [before, after] = [judging.recall(structure), judging.recall(best)];
  const serves = best !== structure && !needsMore(after, before, target);
  return {
    routes: serves ? best.routing! : null,
    ...{ unlearned: judging.recall(unlearned), before, after: serves ? after : before },
  };
}

/** Queries and documents that were held out together. */
class RouteJudge {
  readonly #lists: readonly Uint32Array[];
  readonly #held: readonly HeldOut[];

  constructor(lists: readonly Uint32Array[], held: readonly HeldOut[]) {
    this.#lists = lists;
    // Lists alone are judged: as if codes lost nothing.
    this.#held = held.map((one) => ({ ...one, codes: 1 }));
  }

  recall(structure: Structure): RouteRecall {
    const [queries, documents] = this.#held.map((held) =>
      held.queries.length === 0 ? [] : recallCurve(held, { structure, lists: this.#lists }),
    );
    return { queries: queries!, documents: documents! };
  }

  /** Of `others` that need no more lists than `first`, for neither kind, the one that needs the fewest; `first` where there is none. */
  best(first: Structure, others: readonly Structure[], target: number): Structure {
    const own = this.recall(first);
    let [best, fewest] = [first, product(own, target)];
    for (const other of others) {
      const recall = this.recall(other);
      if (needsMore(recall, own, target) || product(recall, target) >= fewest) continue;
      [best, fewest] = [other, product(recall, target)];
    }
    return best;
  }
}

/** Lists needed for queries and for documents, between two of them in proportion: whole ones are too coarse where few are read. */
function neededOf({ queries, documents }: RouteRecall, target: number): [number, number] {
  return [queries, documents].map((curve) => (curve.length === 0 ? 1 : listsNeeded(curve, target))) as [number, number];
}

function listsNeeded(curve: readonly ProbeRecall[], target: number): number {
  const { nprobe, recall } = leastProbe(curve, target);
  const before = curve[nprobe - 2]?.recall ?? 0;
  return recall < target ? nprobe + target - recall : nprobe - (recall - target) / (recall - before);
}

function product(recall: RouteRecall, target: number): number {
  const [queries, documents] = neededOf(recall, target);
  return queries * documents;
}

function needsMore(recall: RouteRecall, than: RouteRecall, target: number): boolean {
  const limits = neededOf(than, target);
  return neededOf(recall, target).some((needed, kind) => needed > limits[kind]!);
}

interface Split {
  readonly learned: Float32Array;
  readonly choosing: Float32Array;
  readonly judging: Float32Array;
}

function split(rows: Float32Array, dim: number, random: Random): Split {
  const order = shuffledRows(rows.length / dim, random);
  const held = Math.min(heldMax, Math.ceil(order.length * heldShare));
  const half = Math.ceil(held / 2);
  const some = (from: number, to?: number): Float32Array => gatherRows(rows, dim, order.subarray(from, to).slice());
  return { choosing: some(0, half), judging: some(half, held), learned: some(held) };
}

function listsOf(structure: ListStructure, vectors: Float32Array): Uint32Array[] {
  const coder = new ListCoder(structure);
  const firsts = coder.assign(vectors);
  return coder.hasCopies ? [firsts, coder.assignSecond(vectors, firsts)] : [firsts];
}
