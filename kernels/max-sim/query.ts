/**
 * A query made ready for MaxSim: its token vectors in query lanes, what they are worth in every bucket, as tables or as levels, and room
 * for its scores with the centroids, which are computed when a document first asks for one.
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
  /** float32[dim]: what one unit of centroids and weights is in each dimension of a row; null or left out: 1. */
  readonly spreads?: Float32Array | null;
  /** Whether rows were coded without the mean of their document, which then follows their codes; left out: they were not. */
  readonly isCentred?: boolean;
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
  /** uint8[tokens][dim][2^nbits]: what a bucket is worth, in units of `scale`; empty at 4 bits. */
  readonly tables: Uint8Array;
  /** int8[tiles][dim / 4][16][4]: round(127 * value / largest magnitude of the token); empty at 1 and 2 bits. */
  readonly levels: Int8Array;
  /** float32[tiles * 16]: what one unit of tables or of a product of levels is worth. */
  readonly scale: Float32Array;
  /** float32[tiles * 16]: what a token has beyond its centroid and its units. */
  readonly offset: Float32Array;
  /** float32[tiles * 16]: 1 / scale where the scores are in units of it, else 1. */
  readonly unit: Float32Array;
  /** float32[K, tiles * 16]: (query . centroid + offset) * unit, where `centroidStates` says that it is there. Filled by the kernels. */
  readonly centroidScores: Float32Array;
  /** uint8[K]: 0 nowhere, 1 being computed, 2 there. */
  readonly centroidStates: Uint8Array;
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
/** Bits of codes whose tables' entries have a sum of at most `groupMax`. */
const groupBits = 24;
const groupMax = 255;
/** Below it 1 / step would leave float32; such a query's entries are all zero. */
const leastStep = 1e-30;

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

/** `query` float32[tokens, dim] made ready for `tables`. */
export function prepareQuery(tables: MaxSimTables, query: Float32Array): MaxSimQuery {
  const { dim, nbits, centroids, weights } = tables;
  const lanes = packLanes(query, dim);
  const width = lanes.tiles * laneCount;
  const count = centroids.length / dim;
  const isByTables = nbits < 4;
  const prepared = {
    ...lanes,
    nbits,
    tables: new Uint8Array(isByTables ? (lanes.tokens * dim) << nbits : 0),
    levels: new Int8Array(isByTables ? 0 : width * dim),
    scale: new Float32Array(width).fill(1),
    offset: new Float32Array(width),
    unit: new Float32Array(width).fill(1),
    centroidScores: new Float32Array(count * width),
    centroidStates: new Uint8Array(count),
    weightLevels: new Uint8Array(weights.length),
    centroids,
    weights,
  };
  if (isByTables) fillTables(query, prepared);
  else fillLevels(query, prepared);
  return prepared;
}

/** Floats of scratch for scoring `query`'s codes, or rows where it has no `nbits`: `scratch_floats` of max-sim.h. */
export function scratchFloats({ tiles, dim, nbits }: { tiles: number; dim: number; nbits?: number }): number {
  const lanes = tiles * laneCount;
  const exact = lanes * (dim + 64 + 8) + 8 * dim + 2 * laneCount;
  if (nbits === undefined) return exact;
  const groups = Math.ceil((dim * nbits) / groupBits);
  return exact + (nbits === 4 ? (lanes * dim) / 4 : 64 * (lanes * groups + 6 * groups + 128));
}

type Prepared = Pick<
  MaxSimQuery,
  'dim' | 'nbits' | 'tokens' | 'tables' | 'levels' | 'scale' | 'offset' | 'unit' | 'weights' | 'weightLevels'
>;

/** Entries are rounded, and what rounding takes from a dimension on average is given back in the offset. */
function fillTables(query: Float32Array, prepared: Prepared): void {
  const { dim, nbits, tokens, tables, scale, offset, unit, weights } = prepared;
  const buckets = weights.length;
  const least = weights.reduce((a, b) => Math.min(a, b), Infinity);
  const most = weights.reduce((a, b) => Math.max(a, b), -Infinity);
  const groupDims = groupBits / nbits;
  for (let token = 0; token < tokens; token++) {
    const row = query.subarray(token * dim, (token + 1) * dim);
    // Every entry is rounded up by at most a half.
    const widest = Math.fround((largestGroup(row, groupDims) * (most - least)) / (groupMax - groupDims / 2));
    const step = widest > leastStep ? widest : 1;
    let lost = 0;
    let at = token * dim * buckets;
    for (let j = 0; j < dim; j++) {
      const value = row[j]!;
      const base = value * (value < 0 ? most : least);
      for (let bucket = 0; bucket < buckets; bucket++) {
        const worth = value * weights[bucket]!;
        const entry = Math.round((worth - base) / step);
        tables[at++] = entry;
        lost += worth - entry * step;
      }
    }
    scale[token] = step;
    unit[token] = 1 / step;
    offset[token] = lost / buckets;
  }
}

/** The largest sum of magnitudes of `size` neighbours from a multiple of `size` on. */
function largestGroup(row: Float32Array, size: number): number {
  let largest = 0;
  for (let start = 0; start < row.length; start += size) {
    let sum = 0;
    for (let j = start; j < Math.min(start + size, row.length); j++) sum += Math.abs(row[j]!);
    largest = Math.max(largest, sum);
  }
  return largest;
}

function fillLevels(query: Float32Array, prepared: Prepared): void {
  const { dim, tokens, levels, scale, offset, weights, weightLevels } = prepared;
  const { base, step, levels: found } = quantiseWeights(weights);
  weightLevels.set(found);
  for (let token = 0; token < tokens; token++) {
    const { largest, sum } = extent(query, token, dim);
    offset[token] = base * sum;
    scale[token] = (step * largest) / queryLevelMax;
    if (largest > 0) quantiseToken(query, token, { dim, largest, levels });
  }
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
