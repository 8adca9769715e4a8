/** Portable twin of the coarse step of list-search.h: the same lists in the same order. */
import { quantizeQuery } from '../second-code/portable.js';
import { rowProduct } from './row-product.js';

export interface CoarseArrays {
  readonly dim: number;
  readonly lists: number;
  readonly centroids: Float32Array | null;
  readonly rows: Int8Array | null;
  readonly rowScales: Float32Array | null;
}

/** The nearest `nprobe` of the lists into `probes`, nearest first; gives their number. */
export function chooseLists(
  arrays: CoarseArrays,
  query: Float32Array,
  { probes, candidates, nprobe }: { probes: Uint32Array; candidates: number; nprobe: number },
): number {
  const { lists, centroids, rows } = arrays;
  const all = Array.from({ length: lists }, (_, list) => ({ list, score: 0 }));
  let chosen = all;
  if (rows !== null && candidates < lists) {
    const near = byteScores(arrays, rows, query);
    chosen = all
      .map(({ list }) => ({ list, score: near[list]! }))
      .sort(nearer)
      .slice(0, candidates);
    if (candidates === nprobe) {
      chosen.forEach(({ list }, i) => (probes[i] = list));
      return nprobe;
    }
  }
  const exact = chosen.map(({ list }) => ({ list, score: rowProduct(query, centroids!, list) })).sort(nearer);
  exact.slice(0, nprobe).forEach(({ list }, i) => (probes[i] = list));
  return Math.min(nprobe, exact.length);
}

function byteScores({ rowScales }: CoarseArrays, rows: Int8Array, query: Float32Array): Float32Array {
  const width = rows.length / rowScales!.length;
  const levels = new Int8Array(width);
  quantizeQuery(query, levels);
  return Float32Array.from(rowScales!, (scale, list) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += levels[j]! * rows[list * width + j]!;
    return Math.fround(sum) * scale;
  });
}

/** A list and ⟨query, its centroid or base⟩. */
export interface Scored {
  readonly list: number;
  readonly score: number;
}

/** NaN comes last; ties go to the smaller list. */
export function nearer(a: Scored, b: Scored): number {
  if (Number.isNaN(a.score) || Number.isNaN(b.score)) {
    const both = Number(Number.isNaN(a.score)) - Number(Number.isNaN(b.score));
    return both !== 0 ? both : a.list - b.list;
  }
  return b.score - a.score || a.list - b.list;
}
