/** What lists are worth: the share of the ten true neighbours of held-out queries that lies in the lists nearest to each. */
import { present } from '../../base/assert.js';
import { scoreDense, toFloat16, topK, type BestRows } from '../../kernels/kernels.js';
import { listCountOf, nearestLists, type Structure } from '../../vector-index/codebook/structure.js';

const neighbours = 10;
/** Vectors that are rounded at once. */
const roundedRows = 16_384;

/** Of the neighbours in the lists read so many survive their codes, unless that was measured: lists make up for the rest. */
const usualCodes = 0.995;

/** With so many lists, such a share of the neighbours is found. */
export interface ProbeRecall {
  readonly nprobe: number;
  readonly recall: number;
}

/** Queries with their true neighbours. */
export interface HeldOut {
  /** One float32[dim] each. */
  readonly queries: readonly Float32Array[];
  /** Rows of the ten vectors with the largest inner product with each, or of all where there are fewer. */
  readonly rows: readonly Uint32Array[];
  /** Share of them that codes find where every list is read (`code-recall.ts`); 0.995 unless measured. */
  readonly codes?: number;
}

/** Lists of vectors, by `structure`. */
export interface Assigned {
  readonly structure: Structure;
  /** uint32[n] each: the lists that hold each vector, one array where it lies in one, two where in two. */
  readonly lists: readonly Uint32Array[];
}

/** `queries` float32[m, dim] with their neighbours among `vectors` float32[n, dim], these rounded to float16 as documents are. */
export function trueNeighbours(queries: Float32Array, vectors: Float32Array, dim: number): HeldOut {
  const all = Array.from({ length: queries.length / dim }, (_, i) => queries.subarray(i * dim, (i + 1) * dim));
  let best: BestRows[] = all.map(() => ({ rows: new Uint32Array(0), scores: new Float32Array(0) }));
  // In pieces: the whole sample as halves would take half as much again as it does.
  for (let first = 0; first < vectors.length / dim; first += roundedRows) {
    const halves = toFloat16(vectors.subarray(first * dim, (first + roundedRows) * dim));
    const numbers = Uint32Array.from({ length: halves.length / dim }, (_, row) => row);
    best = all.map((query, i) => {
      const { rows, scores } = best[i]!;
      const found = topK(scoreDense(halves, dim, query, numbers), null, neighbours, -Infinity);
      const both = Uint32Array.of(...rows, ...found.rows.map((row) => first + row));
      const kept = topK(Float32Array.of(...scores, ...found.scores), null, neighbours, -Infinity);
      return { rows: kept.rows.map((at) => both[at]!), scores: kept.scores };
    });
  }
  return { queries: all, rows: best.map(({ rows }) => rows) };
}

/** Numbers of lists from 1 to all of `lists`, each about a fifth larger than the one before. */
export function probesUpTo(lists: number): readonly number[] {
  const probes: number[] = [];
  for (let probe = 1; probe < lists; probe = Math.max(probe + 1, Math.round(probe * 1.19))) probes.push(probe);
  return [...probes, lists];
}

/** The recall with every number of lists, from 1 to all of them, as codes let it be; 1 where there is nothing to find. */
export function recallCurve(heldOut: HeldOut, assigned: Assigned): ProbeRecall[] {
  const ranks = ranksOf(heldOut, assigned);
  const wanted = ranks.reduce((sum, count) => sum + count, 0);
  const codes = heldOut.codes ?? usualCodes;
  let found = 0;
  return Array.from(ranks, (count, rank) => {
    found += count;
    return { nprobe: rank + 1, recall: wanted === 0 ? 1 : (codes * found) / wanted };
  });
}

/** The fewest lists of `recalls`, ascending, with which `target` was reached; the most where none did. */
export function leastProbe(recalls: readonly ProbeRecall[], target: number): ProbeRecall {
  return present(recalls.find(({ recall }) => recall >= target) ?? recalls.at(-1), 'a number of lists');
}

/** The recall with `nprobe` ≥ 1 lists. */
export function recallAt(heldOut: HeldOut, assigned: Assigned, nprobe: number): number {
  return recallCurve(heldOut, assigned)[Math.min(nprobe, listCountOf(assigned.structure)) - 1]!.recall;
}

/** float64[lists]: how many neighbours lie in the list that is nearest, second nearest … to their query, by the nearer of their lists. */
function ranksOf({ queries, rows }: HeldOut, { structure, lists }: Assigned): Float64Array {
  const count = listCountOf(structure);
  const ranks = new Float64Array(count);
  const rankOf = new Uint32Array(count);
  queries.forEach((query, i) => {
    nearestLists(structure, query, count).forEach((list, rank) => (rankOf[list] = rank));
    for (const row of rows[i]!) ranks[Math.min(...lists.map((of) => rankOf[of[row]!]!))]! += 1;
  });
  return ranks;
}
