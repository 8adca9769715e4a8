/**
 * MaxSim of given documents where their token codes are: approximate for all, full query precision for the best of them.
 *
 * Santhanam et al., "ColBERTv2", 2022, section 3 (residual codes); the sum over query tokens of the best inner product is ColBERT's.
 */
import { availableParallelism } from 'node:os';
import { ShoalError } from '../../base/errors.js';
import {
  maxSimCodes,
  maxSimCodesExact,
  maxSimCodesMatches,
  maxSimRows,
  prepareMaxSim,
  toFloat32,
} from '../../kernels/kernels.js';
import type { TokenTables } from '../document.js';
import type { SegmentReader } from '../segment/segment-reader.js';
import type { PinnedIndex, RowPlace } from './pinned-index.js';
import { bySegment, type SegmentRows } from './segment-rows.js';

/** Kernels run on the pool of asynchronous work, which has four threads. */
const threads = Math.min(4, availableParallelism());

/** Scoring so many documents takes about as long as handing them to a thread. */
const documentsPerThread = 8;

type PreparedQuery = ReturnType<typeof prepareMaxSim>;

export interface TokenScoring {
  readonly tokenDim: number;
  readonly codecs: (version: string) => TokenTables | null;
}

export interface TokenQuery extends TokenScoring {
  /** float32[queryTokens, tokenDim]. */
  readonly rows: Float32Array;
}

interface TokenGroup extends SegmentRows {
  readonly reader: SegmentReader;
  readonly codec: string;
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
}

/** float32[places] sums; NaN for places that are null or hold no token vectors. */
export async function scoreTokens(
  index: PinnedIndex,
  places: readonly (RowPlace | null)[],
  options: { query: TokenQuery; exactTop: number; signal: AbortSignal | undefined },
): Promise<Float32Array> {
  const { query, exactTop, signal } = options;
  const prepared = new PreparedQueries(query);
  const scores = new Float32Array(places.length).fill(NaN);
  const groups = tokenGroups(index, places);
  await checkTokens(groups, signal);
  await Promise.all(
    groups.flatMap(shares).map(async (group) => {
      const found =
        group.codec === '' ? await rowScores(group, query, signal) : await codeScores(group, prepared, signal);
      for (const [at, position] of group.positions.entries()) scores[position] = found[at]!;
    }),
  );
  const best = bestPositions(scores, exactTop);
  const again = places.map((place, position) => (best.has(position) ? place : null));
  await Promise.all(
    tokenGroups(index, again)
      .flatMap(shares)
      .map(async ({ reader, offsets, counts, codec, positions }) => {
        if (codec === '') return;
        const found = await maxSimCodesExact(prepared.of(codec), reader.tokens.bytes, { offsets, counts }, signal);
        for (const [at, position] of positions.entries()) scores[position] = found[at]!;
      }),
  );
  return scores;
}

/** Records that were not checked since the start are checked before they are read. */
async function checkTokens(groups: readonly TokenGroup[], signal: AbortSignal | undefined): Promise<void> {
  for (const { reader, rows } of groups) await reader.checks?.tokens(rows, signal);
}

/** `group` in parts for as many threads as there are cores; a few documents are not worth another thread. */
function shares(group: TokenGroup): TokenGroup[] {
  const size = Math.max(documentsPerThread, Math.ceil(group.counts.length / threads));
  const parts: TokenGroup[] = [];
  for (let from = 0; from < group.counts.length; from += size) {
    const [offsets, counts] = [group.offsets.subarray(from, from + size), group.counts.subarray(from, from + size)];
    const [positions, rows] = [group.positions.slice(from, from + size), group.rows.slice(from, from + size)];
    parts.push({ ...group, offsets, counts, positions, rows });
  }
  return parts;
}

function rowScores(group: TokenGroup, query: TokenQuery, signal: AbortSignal | undefined): Promise<Float32Array> {
  const { tokens, offsets } = rowMatrix(group, query.tokenDim);
  return maxSimRows({ rows: query.rows, dim: query.tokenDim }, tokens, { offsets, counts: group.counts }, signal);
}

function codeScores(
  group: TokenGroup,
  prepared: PreparedQueries,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { reader, codec, offsets, counts } = group;
  return maxSimCodes(prepared.of(codec), reader.tokens.bytes, { offsets, counts }, signal);
}

/** For explaining: which token of each document answers each query token; −1 and NaN where a document has none. */
export async function matchTokens(
  index: PinnedIndex,
  places: readonly (RowPlace | null)[],
  query: TokenQuery,
  signal?: AbortSignal,
): Promise<{ tokens: Int32Array; scores: Float32Array }> {
  const prepared = new PreparedQueries(query);
  const queryTokens = query.rows.length / query.tokenDim;
  const tokens = new Int32Array(places.length * queryTokens).fill(-1);
  const scores = new Float32Array(places.length * queryTokens).fill(NaN);
  const groups = tokenGroups(index, places);
  await checkTokens(groups, signal);
  for (const { reader, offsets, counts, codec, positions } of groups) {
    const found =
      codec === ''
        ? rowMatches(query, reader, { offsets, counts })
        : await maxSimCodesMatches(prepared.of(codec), reader.tokens.bytes, { offsets, counts }, signal);
    for (const [at, position] of positions.entries()) {
      for (let token = 0; token < queryTokens; token += 1) {
        tokens[position * queryTokens + token] = found.tokens[at * queryTokens + token]!;
        scores[position * queryTokens + token] = found.scores[at * queryTokens + token]!;
      }
    }
  }
  return { tokens, scores };
}

/** The query's tables per codec, made once. */
class PreparedQueries {
  readonly #query: TokenQuery;
  readonly #prepared = new Map<string, PreparedQuery>();

  constructor(query: TokenQuery) {
    this.#query = query;
  }

  of(version: string): PreparedQuery {
    const known = this.#prepared.get(version);
    if (known !== undefined) return known;
    const tables = this.#query.codecs(version);
    if (tables === null) {
      const message = `token codec ${version} is not loaded on this node, so its documents cannot be scored; load it and retry`;
      throw new ShoalError('FAILED_PRECONDITION', message, { details: { codec: version } });
    }
    const prepared = prepareMaxSim(tables, this.#query.rows);
    this.#prepared.set(version, prepared);
    return prepared;
  }
}

/** Places that hold token vectors, by segment and codec. */
function tokenGroups(index: PinnedIndex, places: readonly (RowPlace | null)[]): TokenGroup[] {
  const groups: TokenGroup[] = [];
  for (const [segment, { reader }] of index.segments.entries()) {
    const { tokens } = reader;
    for (const [number, codec] of tokens.versions.entries()) {
      const accept = (place: RowPlace): boolean =>
        place.segment === segment && tokens.counts.at(place.row) > 0 && tokens.codecs.at(place.row) === number;
      for (const group of bySegment(places, accept)) {
        const offsets = BigUint64Array.from(group.rows, (row) => BigInt(tokens.ranges.start(row)));
        const counts = Uint32Array.from(group.rows, (row) => tokens.counts.at(row));
        groups.push({ ...group, reader, codec, offsets, counts });
      }
    }
  }
  return groups;
}

/** Positions of the `count` largest scores; of equal ones the earlier. */
function bestPositions(scores: Float32Array, count: number): ReadonlySet<number> {
  const known = Array.from(scores.keys()).filter((position) => !Number.isNaN(scores[position]!));
  known.sort((left, right) => scores[right]! - scores[left]! || left - right);
  return new Set(known.slice(0, count));
}

/** The token column as float16; a growing column has room behind the last whole row. */
function float16Rows({ tokens: { bytes } }: SegmentReader, dim: number): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / (2 * dim)) * dim);
}

/**
 * Float16 rows as a matrix, with offsets in rows. Where records of several codecs share the column, a record need not begin at a
 * multiple of a row; then the rows asked for are copied together.
 */
function rowMatrix(
  { reader, offsets, counts }: TokenGroup,
  dim: number,
): { tokens: Uint16Array; offsets: BigUint64Array } {
  const rowBytes = BigInt(2 * dim);
  const all = float16Rows(reader, 1);
  if (offsets.every((offset) => offset % rowBytes === 0n))
    return { tokens: float16Rows(reader, dim), offsets: offsets.map((offset) => offset / rowBytes) };
  const tokens = new Uint16Array(counts.reduce((sum, count) => sum + count, 0) * dim);
  const moved = new BigUint64Array(offsets.length);
  let row = 0;
  for (const [at, count] of counts.entries()) {
    const start = Number(offsets[at]!) / 2;
    tokens.set(all.subarray(start, start + count * dim), row * dim);
    moved[at] = BigInt(row);
    row += count;
  }
  return { tokens, offsets: moved };
}

function rowMatches(
  query: TokenQuery,
  reader: SegmentReader,
  documents: { offsets: BigUint64Array; counts: Uint32Array },
): { tokens: Int32Array; scores: Float32Array } {
  const { tokenDim, rows } = query;
  const queryTokens = rows.length / tokenDim;
  const tokens = new Int32Array(documents.counts.length * queryTokens).fill(-1);
  const scores = new Float32Array(tokens.length).fill(NaN);
  const all = float16Rows(reader, 1);
  for (const [document, count] of documents.counts.entries()) {
    const start = Number(documents.offsets[document]!) / 2;
    const values = toFloat32(all.subarray(start, start + count * tokenDim));
    for (let token = 0; token < queryTokens; token += 1) {
      const best = bestRow(values, rows.subarray(token * tokenDim, (token + 1) * tokenDim));
      tokens[document * queryTokens + token] = best.row;
      scores[document * queryTokens + token] = best.score;
    }
  }
  return { tokens, scores };
}

function bestRow(values: Float32Array, query: Float32Array): { row: number; score: number } {
  let best = { row: -1, score: -Infinity };
  for (let row = 0; row * query.length < values.length; row += 1) {
    let score = 0;
    for (let at = 0; at < query.length; at += 1) score += query[at]! * values[row * query.length + at]!;
    if (score > best.score) best = { row, score };
  }
  return best;
}
