/**
 * Token pooling (Clavié et al. 2024, arXiv 2409.14683): the token rows of a document are clustered, and each cluster becomes one row, the
 * mean of its rows.
 *
 * Clusters are those of Ward's linkage over unit rows, whose squared distance is 2 − 2 cos, built by the chain of nearest neighbours with
 * the Lance-Williams update: O(n²) time and memory. Otherwise than the source's code (ColBERT, colbert/modeling/checkpoint.py):
 * - The points are the rows themselves, not the rows of their matrix of cosine distances, which has a column for every token.
 * - ceil(n / factor) clusters are left, not floor(n / factor), so that no row stands for more than `factor` tokens on average.
 * - Means have unit length again, as have the rows that the token codec was trained on and gives back.
 * - No row can be protected, as none is there unless asked for: of rows that a user gives nobody knows which are markers, and the same
 *   rows shall give the same record. A marker that is like no other token remains a cluster of its own anyway.
 * - Rows are pooled within windows, so that neither time nor memory grows with the square of a long document.
 */
import { assert } from '../../base/assert.js';
import { scoreDense, toFloat16, toFloat32 } from '../../kernels/kernels.js';

/** Rows that are clustered together, at most. */
const windowRows = 512;

/**
 * ceil(n / factor) rows, float32, for `rows` float32[n, dim]: unit means of clusters, in the order of their first rows. Of rows only the
 * direction counts; a row without one (zero, or not finite) counts as the origin, and a mean without one is zero. A document of more
 * than 512 rows is cut into windows of equal length that keep a share each. Factor 0 or 1: `rows` themselves. INTERNAL unless `rows`
 * is a whole number of rows.
 */
export function poolTokens(rows: Float32Array, dim: number, factor: number): Float32Array {
  const count = rows.length / dim;
  assert(Number.isInteger(count), 'token rows are whole rows');
  if (factor <= 1 || count === 0) return rows;
  const units = unitRows(rows, dim);
  const pooled = new Float32Array(Math.ceil(count / factor) * dim);
  const windows = Math.ceil(count / windowRows);
  for (let window = 0; window < windows; window++) {
    const [start, end] = [window, window + 1].map((edge) => Math.floor((edge * count) / windows)) as [number, number];
    // Shares of one whole, so that windows keep no more rows together than they would as one.
    const [from, to] = [start, end].map((edge) => Math.ceil(edge / factor)) as [number, number];
    poolWindow(units.subarray(start * dim, end * dim), dim, pooled.subarray(from * dim, to * dim));
  }
  return pooled;
}

/** Writes as many means of the unit rows `units` float32[n, dim] as `means` float32[clusters, dim] has room for. */
function poolWindow(units: Float32Array, dim: number, means: Float32Array): void {
  const count = units.length / dim;
  const labels = cut(new Agglomeration(squaredDistances(units, dim), count).merges(), count, means.length / dim);
  const sums = new Float64Array(means.length);
  labels.forEach((cluster, row) => {
    for (let j = 0; j < dim; j++) sums[cluster * dim + j]! += units[row * dim + j]!;
  });
  for (let start = 0; start < sums.length; start += dim) {
    const scale = inverseNorm(sums.subarray(start, start + dim));
    for (let j = start; j < start + dim; j++) means[j] = sums[j]! * scale;
  }
}

/** `rows` float32[n, dim], finite, each of unit length; rows of zeros stay. */
export function unitRows(rows: Float32Array, dim: number): Float32Array {
  const units = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += dim) {
    const scale = inverseNorm(rows.subarray(start, start + dim));
    if (scale > 0) for (let j = start; j < start + dim; j++) units[j] = rows[j]! * scale;
  }
  return units;
}

/** 1 / |row|; 0 for a row without a direction. */
function inverseNorm(row: Float32Array | Float64Array): number {
  let squares = 0;
  for (const value of row) squares += value * value;
  return squares > 0 && Number.isFinite(squares) ? 1 / Math.sqrt(squares) : 0;
}

/**
 * float64[n, n], symmetric: squared distances of `units` rounded to float16, which the kernel for products wants; that moves them by
 * some 1e-5. Equal rows are exactly 0 apart.
 */
function squaredDistances(units: Float32Array, dim: number): Float64Array {
  const halves = toFloat16(units);
  const rounded = toFloat32(halves);
  const count = units.length / dim;
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  const distances = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const products = scoreDense(halves, dim, rounded.subarray(i * dim, (i + 1) * dim), numbers.subarray(i));
    distances.set(products, i * count + i);
  }
  const norms = Float64Array.from({ length: count }, (_, i) => distances[i * count + i]!);
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      const squared = Math.max(0, norms[i]! + norms[j]! - 2 * distances[i * count + j]!);
      distances[i * count + j] = distances[j * count + i] = squared;
    }
  }
  return distances;
}

/** Two clusters that become one, each named by its first row: `gone` becomes part of `kept`, which is smaller. */
interface Merge {
  readonly kept: number;
  readonly gone: number;
  readonly height: number;
}

/** Ward's linkage by the chain of nearest neighbours (Murtagh 1983). */
class Agglomeration {
  readonly #count: number;
  /** float64[n, n], that of a cluster in the row and column of its first row. Taken over and changed. */
  readonly #distances: Float64Array;
  /** Rows of each cluster. */
  readonly #sizes: Float64Array;
  /** First rows of the clusters, ascending. */
  readonly #clusters: number[];

  constructor(distances: Float64Array, count: number) {
    this.#count = count;
    this.#distances = distances;
    this.#sizes = new Float64Array(count).fill(1);
    this.#clusters = Array.from({ length: count }, (_, i) => i);
  }

  /** All n − 1 merges, children before parents, not in order of height. To be called once. */
  merges(): Merge[] {
    const merges: Merge[] = [];
    const chain: number[] = [];
    while (this.#clusters.length > 1) {
      if (chain.length === 0) chain.push(this.#clusters[0]!);
      const last = chain.at(-1)!;
      const previous = chain.at(-2) ?? -1;
      const next = this.#nearest(last, previous);
      if (next !== previous) {
        chain.push(next);
        continue;
      }
      chain.length -= 2;
      merges.push(this.#merge(Math.min(last, previous), Math.max(last, previous)));
    }
    return merges;
  }

  /** The nearest other cluster; on ties `previous`, so that the chain ends, then the smaller. */
  #nearest(cluster: number, previous: number): number {
    const row = this.#distances.subarray(cluster * this.#count, (cluster + 1) * this.#count);
    let best = previous;
    let least = previous < 0 ? Infinity : row[previous]!;
    for (const other of this.#clusters) {
      if (other === cluster || row[other]! >= least) continue;
      best = other;
      least = row[other]!;
    }
    return best;
  }

  #merge(kept: number, gone: number): Merge {
    const count = this.#count;
    const [distances, sizes] = [this.#distances, this.#sizes];
    const height = distances[kept * count + gone]!;
    const [keptSize, goneSize] = [sizes[kept]!, sizes[gone]!];
    this.#clusters.splice(this.#clusters.indexOf(gone), 1);
    for (const other of this.#clusters) {
      if (other === kept) continue;
      const [fromKept, fromGone, size] = [
        distances[kept * count + other]!,
        distances[gone * count + other]!,
        sizes[other]!,
      ];
      const joined =
        ((keptSize + size) * fromKept + (goneSize + size) * fromGone - size * height) / (keptSize + goneSize + size);
      // True of exact numbers. Rounding must not undo it: the chain stays valid by it, and no parent is lower than a child.
      const distance = Math.max(joined, Math.min(fromKept, fromGone));
      distances[kept * count + other] = distances[other * count + kept] = distance;
    }
    sizes[kept] = keptSize + goneSize;
    return { kept, gone, height };
  }
}

/** uint32[n]: the cluster of each row where `clusters` are left, numbered in the order of their first rows. */
function cut(merges: readonly Merge[], count: number, clusters: number): Uint32Array {
  const parents = Int32Array.from({ length: count }, () => -1);
  const lowest = [...merges].sort((a, b) => a.height - b.height).slice(0, count - clusters);
  for (const { kept, gone } of lowest) parents[gone] = kept;
  const labels = new Uint32Array(count);
  let next = 0;
  // A parent is smaller than its child, so it has its number already.
  for (let row = 0; row < count; row++) labels[row] = parents[row]! < 0 ? next++ : labels[parents[row]!]!;
  return labels;
}
