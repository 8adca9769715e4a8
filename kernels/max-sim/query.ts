/**
 * A query made ready for MaxSim: its token vectors in query lanes, as floats and as levels, and its scores with the centroids.
 *
 * The layouts and the arithmetic are those of max-sim.h. All is in plain typed arrays that the caller owns; one prepared query serves
 * any number of calls over the same tables.
 */

/** Learned tables of a residual codec. */
export interface MaxSimTables {
  /** float32[K, dim], row-major, K from 1 to 65,536. */
  readonly centroids: Float32Array;
  /** float32[2^nbits]: what a bucket adds to the centroid's value. */
  readonly weights: Float32Array;
  /** 1, 2 or 4. */
  readonly nbits: number;
  /** A multiple of 8, at most 1,024. */
  readonly dim: number;
}

/** Query tokens in lanes: tiles of 16, zeros where there is no token. */
export interface MaxSimLanes {
  /** float32[tiles][dim][16] */
  readonly rows: Float32Array;
  readonly tokens: number;
  readonly tiles: number;
  readonly dim: number;
}

export interface MaxSimQuery extends MaxSimLanes {
  readonly nbits: number;
  /** int8[tiles][dim / 4][16][4]: round(127 * value / largest magnitude of the token). */
  readonly levels: Int8Array;
  /** float32[tiles * 16]: what one unit of a product of levels is worth. */
  readonly scale: Float32Array;
  /** float32[K, tiles * 16]: query . centroid + base * sum of the query. */
  readonly centroidScores: Float32Array;
  /** uint8[2^nbits]: 0..31. */
  readonly weightLevels: Uint8Array;
  readonly centroids: Float32Array;
  readonly weights: Float32Array;
}

/** Where the documents lie: byte offsets of records (codes) or row offsets (rows), and tokens of each. */
export type MaxSimDocuments = [offsets: BigUint64Array, counts: Uint32Array];

export const laneCount = 16;
const levelMax = 31;
const queryLevelMax = 127;

/** lanes of `query`, float32[tokens, dim] row-major. */
export function packLanes(query: Float32Array, dim: number): MaxSimLanes {
  const tokens = query.length / dim;
  const tiles = Math.ceil(tokens / laneCount);
  const rows = new Float32Array(tiles * dim * laneCount);
  for (let token = 0; token < tokens; token++) {
    const lane = Math.floor(token / laneCount) * dim * laneCount + (token % laneCount);
    for (let j = 0; j < dim; j++) rows[lane + j * laneCount] = query[token * dim + j]!;
  }
  return { rows, tokens, tiles, dim };
}

/** Computes `out` float32[n, tiles * 16] from lanes float32[tiles][dim][16] and rows float32[n, dim]. */
export type ProjectLanes = (lanes: Float32Array, dim: number, rows: Float32Array, out: Float32Array) => void;

/** `query` float32[tokens, dim] made ready for `tables`; `project` does the products with the centroids. */
export function prepareQuery(tables: MaxSimTables, query: Float32Array, project: ProjectLanes): MaxSimQuery {
  const { dim, nbits, centroids, weights } = tables;
  const lanes = packLanes(query, dim);
  const width = lanes.tiles * laneCount;
  const { base, step, levels: weightLevels } = quantiseWeights(weights);
  const centroidScores = new Float32Array((centroids.length / dim) * width);
  project(lanes.rows, dim, centroids, centroidScores);
  const offsets = new Float32Array(width);
  const scale = new Float32Array(width);
  const levels = new Int8Array(lanes.rows.length);
  for (let lane = 0; lane < lanes.tokens; lane++) {
    const { largest, sum } = extent(query, lane, dim);
    offsets[lane] = base * sum;
    scale[lane] = (step * largest) / queryLevelMax;
    if (largest > 0) quantiseToken(query, lane, { dim, largest, levels });
  }
  for (let i = 0; i < centroidScores.length; i++) centroidScores[i]! += offsets[i % width]!;
  return { ...lanes, nbits, levels, scale, centroidScores, weightLevels, centroids, weights };
}

/** Levels 0..31 such that weight ~ base + step * level: of all numbers of steps the one with the smallest squared error. */
export function quantiseWeights(weights: Float32Array): { base: number; step: number; levels: Uint8Array } {
  const base = weights.reduce((least, weight) => Math.min(least, weight), Infinity);
  const span = weights.reduce((most, weight) => Math.max(most, weight), -Infinity) - base;
  const found = { base, step: 0, levels: new Uint8Array(weights.length) };
  if (span === 0) return found;
  let least = Infinity;
  for (let steps = levelMax; steps >= levelMax >> 1; steps--) {
    const step = span / steps;
    const error = weights.reduce((sum, weight) => sum + roundingError((weight - base) / step) * step * step, 0);
    if (error >= least) continue;
    least = error;
    found.step = step;
    found.levels = Uint8Array.from(weights, (weight) => Math.round((weight - base) / step));
  }
  return found;
}

function roundingError(value: number): number {
  return (value - Math.round(value)) ** 2;
}

function extent(query: Float32Array, token: number, dim: number): { largest: number; sum: number } {
  let largest = 0;
  let sum = 0;
  for (let j = token * dim; j < (token + 1) * dim; j++) {
    largest = Math.max(largest, Math.abs(query[j]!));
    sum += query[j]!;
  }
  return { largest, sum };
}

function quantiseToken(
  query: Float32Array,
  token: number,
  target: { dim: number; largest: number; levels: Int8Array },
): void {
  const { dim, largest, levels } = target;
  const start = Math.floor(token / laneCount) * dim * laneCount + (token % laneCount) * 4;
  for (let j = 0; j < dim; j++) {
    levels[start + (j >> 2) * laneCount * 4 + (j & 3)] = Math.round(
      (query[token * dim + j]! * queryLevelMax) / largest,
    );
  }
}
