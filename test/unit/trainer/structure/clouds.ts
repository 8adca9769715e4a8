/** Vectors around a few directions and queries that lie apart from them all, as short queries do. */
import { seededRandom } from '../../../../base/random.js';
import { normalizeRows } from '../../../../trainer/rows.js';

export interface Clouds {
  readonly dim: number;
  /** float32[n, dim] and float32[m, dim], of unit length. */
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
}

export interface CloudsOptions {
  readonly dim: number;
  readonly clouds: number;
  readonly vectors: number;
  readonly queries: number;
  /** How far queries lie from the vectors, 1.2. */
  readonly apart?: number;
  readonly seed?: number;
}

export function cloudsOf({ dim, clouds, vectors, queries, apart: shift = 1.2, seed = 7 }: CloudsOptions): Clouds {
  const random = seededRandom(seed);
  const normal = (count: number): Float32Array => Float32Array.from({ length: count * dim }, () => random.normal());
  const centres = normal(clouds);
  normalizeRows(centres, dim);
  const apart = normal(1);
  normalizeRows(apart, dim);
  const near = (count: number, moved: number): Float32Array => {
    const rows = Float32Array.from({ length: count * dim }, (_, i) => {
      const centre = Math.floor(i / dim) % clouds;
      const noise = (0.7 * random.normal()) / Math.sqrt(dim);
      return centres[centre * dim + (i % dim)]! + noise + moved * apart[i % dim]!;
    });
    normalizeRows(rows, dim);
    return rows;
  };
  return { dim, vectors: near(vectors, 0.3), queries: near(queries, shift) };
}
