/**
 * Portable twin of max-sim.h. Similarities over codes by levels have the same bits; exact ones sum in float64 and differ within the
 * bound stated there. One document a turn of the event loop.
 */
import { assert } from '../../base/assert.js';
import { floatOfHalf } from '../float16/portable.js';
import { pause } from '../job.js';
import type { NativeKernels } from '../native-kernels.js';
import { laneCount, type MaxSimQuery } from './query.js';

/** See `NativeKernels.maxSimCodes`. */
export const maxSimCodes: NativeKernels['maxSimCodes'] = (query, tokens, offsets, counts, cancel, _scratch, scores) => {
  const isByTables = query.nbits < 4;
  const buckets = new Uint8Array(query.dim);
  const similarities = new Float32Array(query.tokens);
  return overTokens(
    { query, tokens, offsets, counts, cancel },
    (record, document) => {
      unpack(record, query, (j, bucket) => (buckets[j] = isByTables ? bucket : query.weightLevels[bucket]!));
      provideCentroid(query, record.centroid);
      for (let lane = 0; lane < query.tokens; lane++) {
        const centroid = query.centroidScores[record.centroid * query.tiles * laneCount + lane]!;
        const residual = isByTables
          ? tableSum(query, lane, buckets)
          : Math.fround(query.scale[lane]! * levelProduct(query, lane, buckets));
        similarities[lane] = Math.fround(centroid + residual) * record.inverseNorm;
      }
      document.raise(similarities, record.token);
    },
    (document, best) => {
      if (isByTables) best.scores.forEach((score, lane) => (best.scores[lane] = score * query.scale[lane]!));
      scores[document] = sumOf(best);
    },
  );
};

/** See `NativeKernels.maxSimCodesExact`. */
export const maxSimCodesExact: NativeKernels['maxSimCodesExact'] = (
  query,
  tokens,
  offsets,
  counts,
  cancel,
  _scratch,
  scores,
) => {
  const exact = exactScorer(query);
  return overTokens({ query, tokens, offsets, counts, cancel }, exact, (document, best) => {
    scores[document] = sumOf(best);
  });
};

/** See `NativeKernels.maxSimCodesMatches`. */
export const maxSimCodesMatches: NativeKernels['maxSimCodesMatches'] = (
  query,
  tokens,
  offsets,
  counts,
  cancel,
  _scratch,
  scores,
  matches,
) => {
  const exact = exactScorer(query);
  return overTokens({ query, tokens, offsets, counts, cancel }, exact, (document, best) => {
    scores.set(best.scores, document * query.tokens);
    matches.set(best.tokens, document * query.tokens);
  });
};

/** See `NativeKernels.maxSimRows`. */
export const maxSimRows: NativeKernels['maxSimRows'] = async (
  query,
  floats,
  offsets,
  counts,
  cancel,
  _scratch,
  scores,
  halves,
) => {
  const similarities = new Float32Array(query.tokens);
  const row = new Float32Array(query.dim);
  const length = (floats ?? halves)?.length ?? 0;
  for (let d = 0; d < counts.length; d++) {
    await pause();
    if (cancel[0] !== 0 || ((floats ?? halves)?.length ?? 0) !== length) return -1;
    const best = new Best(query.tokens);
    const start = Number(offsets[d]) * query.dim;
    assert(start + counts[d]! * query.dim <= length, 'a document ends within the rows');
    for (let t = 0; t < counts[d]!; t++) {
      const at = start + t * query.dim;
      for (let j = 0; halves !== null && j < query.dim; j++) row[j] = floatOfHalf(halves[at + j]!);
      projectRow(query, floats ?? row, floats === null ? 0 : at, similarities);
      best.raise(similarities, t);
    }
    scores[d] = sumOf(best);
  }
  return 0;
};

/** A centroid's state once its scores are there. */
const centroidReady = 2;

/** The best similarity of every query token, and whose it is. */
class Best {
  readonly scores: Float32Array;
  readonly tokens: Uint32Array;

  constructor(tokens: number) {
    this.scores = new Float32Array(tokens).fill(NaN);
    this.tokens = new Uint32Array(tokens).fill(0xffffffff);
  }

  raise(similarities: Float32Array, token: number): void {
    if (token === 0) {
      this.scores.fill(-Infinity);
      this.tokens.fill(0);
    }
    for (let q = 0; q < similarities.length; q++) {
      if (!(similarities[q]! > this.scores[q]!)) continue;
      this.scores[q] = similarities[q]!;
      this.tokens[q] = token;
    }
  }
}

interface TokenRecord {
  readonly token: number;
  readonly centroid: number;
  readonly inverseNorm: number;
  readonly codes: Uint8Array;
}

interface Codes {
  readonly query: MaxSimQuery;
  readonly tokens: Uint8Array;
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
  readonly cancel: Uint8Array;
}

async function overTokens(
  codes: Codes,
  score: (record: TokenRecord, best: Best) => void,
  finish: (document: number, best: Best) => void,
): Promise<number> {
  const { query, tokens, offsets, counts, cancel } = codes;
  const codeBytes = (query.dim * query.nbits) / 8;
  const length = tokens.length;
  for (let d = 0; d < counts.length; d++) {
    await pause();
    if (cancel[0] !== 0 || tokens.length !== length) return -1;
    const best = new Best(query.tokens);
    const start = Number(offsets[d]);
    const count = counts[d]!;
    assert(start + count * (4 + codeBytes) <= length, 'a record ends within the tokens');
    for (let t = 0; t < count; t++) {
      const at = start + 4 * count + t * codeBytes;
      score(
        {
          token: t,
          centroid: Math.min(readUint16(tokens, start + 2 * t), query.centroids.length / query.dim - 1),
          inverseNorm: floatOfHalf(readUint16(tokens, start + 2 * (count + t))),
          codes: tokens.subarray(at, at + codeBytes),
        },
        best,
      );
    }
    finish(d, best);
  }
  return 0;
}

function exactScorer(query: MaxSimQuery): (record: TokenRecord, best: Best) => void {
  const row = new Float32Array(query.dim);
  const similarities = new Float32Array(query.tokens);
  return (record, best) => {
    const start = record.centroid * query.dim;
    unpack(record, query, (j, bucket) => (row[j] = query.centroids[start + j]! + query.weights[bucket]!));
    projectRow(query, row, 0, similarities);
    for (let q = 0; q < similarities.length; q++) similarities[q]! *= record.inverseNorm;
    best.raise(similarities, record.token);
  };
}

function unpack(record: TokenRecord, query: MaxSimQuery, put: (j: number, bucket: number) => void): void {
  const mask = (1 << query.nbits) - 1;
  for (let j = 0; j < query.dim; j++) {
    const bit = j * query.nbits;
    put(j, (record.codes[bit >> 3]! >> (bit & 7)) & mask);
  }
}

/** The scores of `query` with a centroid, unless they are there. */
function provideCentroid(query: MaxSimQuery, centroid: number): void {
  if (query.centroidStates[centroid] === centroidReady) return;
  const { tokens, tiles, offset, unit } = query;
  const start = centroid * tiles * laneCount;
  const scores = query.centroidScores.subarray(start, start + tokens);
  projectRow(query, query.centroids, centroid * query.dim, scores);
  for (let lane = 0; lane < tokens; lane++) scores[lane] = Math.fround(scores[lane]! + offset[lane]!) * unit[lane]!;
  query.centroidStates[centroid] = centroidReady;
}

function tableSum({ tables, dim, weights }: MaxSimQuery, lane: number, buckets: Uint8Array): number {
  const start = lane * dim * weights.length;
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += tables[start + j * weights.length + buckets[j]!]!;
  return sum;
}

function levelProduct(query: MaxSimQuery, lane: number, levels: Uint8Array): number {
  const start = Math.floor(lane / laneCount) * query.dim * laneCount + (lane % laneCount) * 4;
  let sum = 0;
  for (let j = 0; j < query.dim; j++) sum += query.levels[start + (j >> 2) * laneCount * 4 + (j & 3)]! * levels[j]!;
  return sum;
}

function projectRow(
  query: { rows: Float32Array; tokens: number; dim: number },
  row: Float32Array,
  start: number,
  out: Float32Array,
): void {
  for (let lane = 0; lane < query.tokens; lane++) {
    const column = Math.floor(lane / laneCount) * query.dim * laneCount + (lane % laneCount);
    let sum = 0;
    for (let j = 0; j < query.dim; j++) sum += row[start + j]! * query.rows[column + j * laneCount]!;
    out[lane] = sum;
  }
}

function sumOf(best: Best): number {
  return best.scores.reduce((sum, score) => Math.fround(sum + score), 0);
}

function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
