/**
 * Which lists should a query read first? Those that hold its neighbours, which is not always where the nearest centroids are: short
 * queries lie far from all vectors, on one side of them.
 *
 * So routes are learned, the lists stay: one row of weights for every list, from the centroids on, such that softmax over ⟨query, row⟩
 * says what share of the query's true neighbours each list holds (ListNet with the lists as items; Distill-VQ's routing table, Xiao et
 * al., SIGIR 2022, without its other losses). The neighbours are those in the nearest eighth of the lists, which hold all but a few. Some of the
 * vectors are asked too, so that queries near the data are routed as well as before.
 */
import type { Random } from '../../base/random.js';
import { scoreDense, toFloat16, topK } from '../../kernels/kernels.js';
import { listCountOf, nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import { normalizeRows, shuffledRows } from '../rows.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { holdingLoss, type HoldingLists } from './holding-lists.js';

const neighbours = 10;
/** The nearest lists by centroid of a query: others have next to no share of its neighbours, but for those that hold some. */
const nearLists = 96;
/** The nearest lists by centroid in which neighbours are searched. */
const searchedShare = 1 / 8;
const searchedMin = 64;
const epochs = 5;
/** Weights begin as centroids times this, queries are of unit length: the spread of scores with which softmax is nearest to the shares. */
const sharpness = 25;
/** Of the first step; it falls to zero in a straight line. Twice as large a rate runs away. */
const firstRate = 8;
/** Learned from while a structure is trained, where time is short; nor are more vectors compared with them all, which takes a minute or two. */
const usualQueriesMax = 12_000;
const comparedMax = 400_000_000;
/** One vector is asked for so many queries, and at least so many: with few, routes lead to what happens to lie near them. */
const queriesPerVector = 4;
const vectorsMin = 2_000;

export interface RoutingSample {
  /** float32[n, dim] */
  readonly vectors: Float32Array;
  /** uint32[n] each: the lists that hold each vector, one array where it lies in one, two where in two. */
  readonly lists: readonly Uint32Array[];
  /** float32[m, dim], finite; may be none: vectors are asked as well. */
  readonly queries: Float32Array;
}

export interface RoutingOptions {
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  /** Queries that are learned from at most, 12,000; and vectors that are asked as well, one for every four of them unless given. */
  readonly queriesMax?: number;
  readonly vectorsAsked?: number;
  onProgress?(share: number): void;
}

/**
 * float32[lists, dim]: what queries are compared with to choose lists, larger products first, as long as the centroids that it begins
 * with. Blocks the thread.
 */
export function trainRouting(structure: Structure, sample: RoutingSample, options: RoutingOptions): Float32Array {
  const { random, signal, onProgress } = options;
  const examples = examplesOf(structure, sample, options);
  const weights = structure.centroids.map((value) => value * sharpness);
  const steps = epochs * examples.length;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const number of shuffledRows(examples.length, random)) {
      refuseStopped(signal);
      learn(weights, examples[number]!, firstRate * (1 - step++ / steps));
    }
    onProgress?.((1 + (epoch + 1) / epochs) / 2);
  }
  return weights.map((value) => value / sharpness);
}

/** float32[lists, dim]: `share` of the way from the centroids to `routes` of `trainRouting`. */
export function drawnTowards({ centroids }: Structure, routes: Float32Array, share: number): Float32Array {
  return centroids.map((value, i) => value + share * (routes[i]! - value));
}

interface Example extends HoldingLists {
  /** Of unit length: which lists it reads does not depend on it. */
  readonly query: Float32Array;
  /** Lists that may be read. */
  readonly candidates: Uint32Array;
}

function examplesOf(
  structure: Structure,
  { vectors, lists, queries }: RoutingSample,
  options: RoutingOptions,
): Example[] {
  const { random, signal, onProgress, queriesMax = usualQueriesMax } = options;
  const { dim } = structure;
  const searched = { structure, halves: toFloat16(vectors), members: membersOf(structure, lists[0]!) };
  const each = ((vectors.length / dim) * searchedLists(structure)) / listCountOf(structure);
  const most = Math.min(queriesMax, Math.ceil(comparedMax / each));
  const asked = shuffledRows(queries.length / dim, random).subarray(0, most);
  const ownCount = options.vectorsAsked ?? Math.max(Math.ceil(asked.length / queriesPerVector), vectorsMin);
  const own = shuffledRows(vectors.length / dim, random).subarray(0, ownCount);
  const unitRow = (rows: Float32Array, row: number): Float32Array => {
    const query = rows.slice(row * dim, (row + 1) * dim);
    normalizeRows(query, dim);
    return query;
  };
  const all = [
    ...Array.from(asked, (row) => ({ query: unitRow(queries, row), self: -1 })),
    ...Array.from(own, (row) => ({ query: unitRow(vectors, row), self: row })),
  ];
  return all.map(({ query, self }, i) => {
    refuseStopped(signal);
    if (i % 100 === 0) onProgress?.(i / all.length / 2);
    const rows = nearestRows(searched, query).filter((row) => row !== self);
    return exampleOf(structure, query, { rows: rows.subarray(0, neighbours), lists });
  });
}

interface Searched {
  readonly structure: Structure;
  /** Half bits [n, dim] */
  readonly halves: Uint16Array;
  /** The rows of every list. */
  readonly members: readonly Uint32Array[];
}

function membersOf(structure: Structure, lists: Uint32Array): Uint32Array[] {
  const members: number[][] = Array.from({ length: listCountOf(structure) }, () => []);
  lists.forEach((list, row) => members[list]!.push(row));
  return members.map((rows) => Uint32Array.from(rows));
}

function searchedLists(structure: Structure): number {
  const lists = listCountOf(structure);
  return Math.min(lists, Math.max(searchedMin, Math.ceil(lists * searchedShare)));
}

/** One more than there are neighbours, nearest first: a vector finds itself. */
function nearestRows({ structure, halves, members }: Searched, query: Float32Array): Uint32Array {
  const near = nearestLists(structure, query, searchedLists(structure));
  const rows = new Uint32Array(near.reduce((sum, list) => sum + members[list]!.length, 0));
  let end = 0;
  for (const list of near) {
    rows.set(members[list]!, end);
    end += members[list]!.length;
  }
  const best = topK(scoreDense(halves, structure.dim, query, rows), null, neighbours + 1, -Infinity).rows;
  return best.map((place) => rows[place]!);
}

function exampleOf(
  structure: Structure,
  query: Float32Array,
  { rows, lists }: { readonly rows: Uint32Array; readonly lists: readonly Uint32Array[] },
): Example {
  const near = nearestLists(structure, query, Math.min(nearLists, listCountOf(structure)));
  const holding = [...rows].flatMap((row) => lists.map((of) => of[row]!));
  const candidates = Uint32Array.from(new Set([...near, ...holding]));
  const places = new Map(Array.from(candidates, (list, place) => [list, place]));
  return { query, candidates, wanted: Uint32Array.from(holding, (list) => places.get(list)!), copies: lists.length };
}

/** One step down the gradient of `holdingLoss`. */
function learn(weights: Float32Array, { query, candidates, ...held }: Example, rate: number): void {
  const { gradient } = holdingLoss(products(weights, query, candidates), held);
  const dim = query.length;
  candidates.forEach((list, place) => {
    const amount = rate * gradient[place]!;
    for (let j = 0, at = list * dim; j < dim; j++, at++) weights[at]! -= amount * query[j]!;
  });
}

function products(weights: Float32Array, query: Float32Array, lists: Uint32Array): Float64Array {
  const dim = query.length;
  return Float64Array.from(lists, (list) => {
    let sum = 0;
    for (let j = 0, at = list * dim; j < dim; j++, at++) sum += weights[at]! * query[j]!;
    return sum;
  });
}
