/**
 * How does the CPU do the arithmetic? The only door to the kernels: typed calls that check shapes and choose native or portable code.
 *
 * Formulas, layouts and tolerances are in <family>/<family>.h. Arrays are flat and row-major, dim is the length of a row; every array
 * given stays the caller's, every array returned is new. A broken shape is a defect of the caller's code: INTERNAL. Functions that
 * return a promise run on a thread of libuv's pool, may read mapped memory, and reject with CANCELLED as soon as their signal
 * aborts; their input must not change until then or until they settle.
 */
import { getSystemErrorName } from 'node:util';
import { assert } from '../base/assert.js';
import { ShoalError, type ErrorCode } from '../base/errors.js';
import { runJob } from './job.js';
import { documentMeans, levelProduct, meanQuery, type MeanQuery } from './max-sim/means.js';
import { packLanes, prepareQuery, scratchFloats, type MaxSimQuery, type MaxSimTables } from './max-sim/query.js';
import { callKernels as call, nativeKernels } from './native.js';
import type { JobArrays, KernelIsa, SecondListsArrays } from './native-kernels.js';

export type { KernelIsa } from './native-kernels.js';
export type { MaxSimQuery, MaxSimTables } from './max-sim/query.js';

/** Loads the kernels, so that the first request need not; a later call does nothing. FAILED_PRECONDITION when SHOAL_KERNELS forces a set that is not to be had. Prints nothing. */
export function loadKernels(): KernelIsa {
  return kernelIsa();
}

/** What the kernels run on: an instruction set, `reference` (plain C++), or `typescript` (no addon). */
export function kernelIsa(): KernelIsa {
  return nativeKernels().selected() as KernelIsa;
}

/** Rows with their scores, best first: larger score, then smaller row. */
export interface BestRows {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

export interface DenseScan {
  /** Half bits, [n, dim]. */
  readonly rows: Uint16Array;
  readonly dim: number;
  /** float32[dim] */
  readonly query: Float32Array;
  /** Bit r of byte r >> 3 is set for a row that counts; null = all count. */
  readonly live: Uint8Array | null;
  /** At most so many rows come back. */
  readonly k: number;
}

/** The k rows with the largest inner product with the query. Exact. CANCELLED when `signal` aborts. */
export async function scanDense(scan: DenseScan, signal?: AbortSignal): Promise<BestRows> {
  const { rows, dim, query, live, k } = scan;
  const count = rowCount(rows, dim, 'rows');
  assert(query.length === dim, 'the query has dim values');
  checkLive(live, count);
  const best = bestRows(k, count);
  const found = await runJob(signal, (cancel) =>
    call((kernels) => kernels.scanDense(rows, query, live, cancel, best.rows, best.scores)),
  );
  return firstOf(best, found);
}

/** The inner products of `query` float32[dim] with the rows `rowNumbers` of half bits `rows` [n, dim]. */
export function scoreDense(rows: Uint16Array, dim: number, query: Float32Array, rowNumbers: Uint32Array): Float32Array {
  rowCount(rows, dim, 'rows');
  assert(query.length === dim, 'the query has dim values');
  const scores = new Float32Array(rowNumbers.length);
  call((kernels) => kernels.scoreDense(rows, query, rowNumbers, scores));
  return scores;
}

/** The sum of all bytes, read as fast as the machine can: the yardstick of bandwidth for benchmarks. */
export function sumBytes(bytes: Uint8Array): number {
  return call((kernels) => kernels.sumBytes(bytes));
}

/** Half bits of `values`, rounded to nearest, ties to even; written to `bits` where it is given, of the same length. */
export function toFloat16(values: Float32Array, bits = new Uint16Array(values.length)): Uint16Array {
  assert(bits.length === values.length, 'there is room for every value');
  call((kernels) => kernels.toFloat16(values, bits));
  return bits;
}

/** The values of half bits, exactly. */
export function toFloat32(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  call((kernels) => kernels.toFloat32(bits, values));
  return values;
}

/** A query made ready for codes. */
export interface PreparedMaxSim extends MaxSimQuery {
  /** Null where records hold no mean. */
  readonly means: MeanQuery | null;
}

/** `query` float32[tokens, dim], at least one token, made ready for MaxSim over codes made with `tables`. Keeps `query` and `tables`' arrays. */
export function prepareMaxSim(tables: MaxSimTables, query: Float32Array): PreparedMaxSim {
  const { dim, nbits, centroids, weights, spreads = null, isCentred = false } = tables;
  assert(nbits === 1 || nbits === 2 || nbits === 4, 'nbits is 1, 2 or 4');
  assert(dim % 8 === 0, 'dim is a multiple of 8');
  assert(weights.length === 1 << nbits, 'there is a weight for every bucket');
  const centroidCount = rowCount(centroids, dim, 'centroids');
  assert(centroidCount >= 1 && centroidCount <= 65_536, 'there are 1 to 65,536 centroids');
  assert(spreads === null || spreads.length === dim, 'there is a spread for every dimension');
  checkQuery(query, dim);
  // A product with a token in units of spreads: the query bears them.
  const borne = spreads === null ? query : query.map((value, i) => value * spreads[i % dim]!);
  return { ...prepareQuery(tables, borne), means: isCentred ? meanQuery(query, dim) : null };
}

/** Records of coded documents in one column of bytes: where each begins, and how many tokens it has. A mean follows where the codec has one. */
export interface CodedDocuments {
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
}

/**
 * MaxSim of every document over its codes, fast: the sum over query tokens (divide for the mean); NaN without document tokens.
 * The share of a query token is off by 0.001 to 0.002 rms against `maxSimCodesExact` (max-sim.h).
 */
export async function maxSimCodes(
  query: PreparedMaxSim,
  tokens: Uint8Array,
  documents: CodedDocuments,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const scores = new Float32Array(documents.counts.length);
  await runJob(signal, (cancel) =>
    call((kernels) => kernels.maxSimCodes(query, tokens, ...columnsOf(documents), ...jobArrays(query, cancel, scores))),
  );
  addMeans(scores, query.means?.sum ?? null, { query, tokens, documents });
  return scores;
}

/** As `maxSimCodes`, over the decompressed vectors in float32. For the last rescoring, tests and explain. */
export async function maxSimCodesExact(
  query: PreparedMaxSim,
  tokens: Uint8Array,
  documents: CodedDocuments,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const scores = new Float32Array(documents.counts.length);
  await runJob(signal, (cancel) =>
    call((kernels) =>
      kernels.maxSimCodesExact(query, tokens, ...columnsOf(documents), ...jobArrays(query, cancel, scores)),
    ),
  );
  addMeans(scores, query.means?.sum ?? null, { query, tokens, documents });
  return scores;
}

/** Both [n, query tokens]: the exact similarity of the best document token, and its number (the smallest on ties). */
export interface TokenMatches {
  readonly scores: Float32Array;
  /** 0xffffffff, with score NaN, in a document without tokens. */
  readonly tokens: Uint32Array;
}

/** Which document token answers each query token best. Exact. */
export async function maxSimCodesMatches(
  query: PreparedMaxSim,
  tokens: Uint8Array,
  documents: CodedDocuments,
  signal?: AbortSignal,
): Promise<TokenMatches> {
  const scores = new Float32Array(documents.counts.length * query.tokens);
  const matches = new Uint32Array(scores.length);
  await runJob(signal, (cancel) =>
    call((kernels) =>
      kernels.maxSimCodesMatches(query, tokens, ...columnsOf(documents), ...jobArrays(query, cancel, scores), matches),
    ),
  );
  addMeans(scores, query.means?.rows ?? null, { query, tokens, documents });
  return { scores, tokens: matches };
}

/** Adds the products of `rows` float32[n, dim] with the means of the documents to `scores` float32[documents, n]. */
function addMeans(
  scores: Float32Array,
  rows: Float32Array | null,
  of: { readonly query: MaxSimQuery; readonly tokens: Uint8Array; readonly documents: CodedDocuments },
): void {
  if (rows === null) return;
  const { dim } = of.query;
  const { steps, levels } = documentMeans(of.tokens, of.documents, of.query);
  const sizes = toFloat32(steps);
  const width = rows.length / dim;
  for (let at = 0; at < width; at++) {
    const row = rows.subarray(at * dim, (at + 1) * dim);
    for (const [document, own] of levels.entries()) {
      scores[document * width + at]! += sizes[document]! * levelProduct(row, own);
    }
  }
}

/** Documents in a matrix of token rows: the row each begins at, and its tokens. */
export interface RowDocuments {
  readonly offsets: BigUint64Array | Float64Array;
  readonly counts: Uint32Array;
}

/** MaxSim over uncoded token rows [m, dim], float32 or half bits: the sum over the query's tokens; NaN without document tokens. */
export async function maxSimRows(
  query: { readonly rows: Float32Array; readonly dim: number },
  tokens: Float32Array | Uint16Array,
  documents: RowDocuments,
  signal?: AbortSignal,
): Promise<Float32Array> {
  checkQuery(query.rows, query.dim);
  rowCount(tokens, query.dim, 'tokens');
  const lanes = packLanes(query.rows, query.dim);
  const scores = new Float32Array(documents.counts.length);
  const floats = tokens instanceof Float32Array ? tokens : null;
  const halves = tokens instanceof Uint16Array ? tokens : null;
  await runJob(signal, (cancel) =>
    call((kernels) =>
      kernels.maxSimRows(lanes, floats, ...columnsOf(documents), ...jobArrays(lanes, cancel, scores), halves),
    ),
  );
  return scores;
}

export interface Assignment {
  /** uint32[n]: the centroid with the largest inner product, the smaller number on ties. */
  readonly assignments: Uint32Array;
  /** float32[n]: that product. */
  readonly scores: Float32Array;
}

/**
 * The best centroid of every point: points [n, dim], centroids [k, dim], k ≥ 1. Bit-equal on every machine. Blocks the thread: meant
 * for worker threads and for a handful of points.
 */
export function assignNearest(points: Float32Array, centroids: Float32Array, dim: number): Assignment {
  const { arrays, assignment } = nearestArrays(points, centroids, dim);
  call((kernels) => kernels.assignNearest(...arrays, new Uint8Array(1)));
  return assignment;
}

/** As `assignNearest`, off the event loop. */
export async function assignNearestAsync(
  points: Float32Array,
  centroids: Float32Array,
  dim: number,
  signal?: AbortSignal,
): Promise<Assignment> {
  const { arrays, assignment } = nearestArrays(points, centroids, dim);
  await runJob(signal, (cancel) => call((kernels) => kernels.assignNearestAsync(...arrays, cancel)));
  return assignment;
}

/** Centroids with those near each, among which points get a second one. */
export interface Neighbourhoods {
  readonly dim: number;
  /** float32[k, dim] */
  readonly centroids: Float32Array;
  /** uint32[k, n], rows of the centroids. */
  readonly around: Uint32Array;
}

/**
 * uint32[n]: a second centroid for each of points [n, dim] in `firsts` [n]: near it, and wrong elsewhere than the first
 * (nearest-centroid.h). Bit-equal on every machine. Blocks the thread, for some microseconds a point.
 */
export function secondNearest(points: Float32Array, firsts: Uint32Array, of: Neighbourhoods): Uint32Array {
  const { arrays, seconds } = secondArrays(points, firsts, of);
  call((kernels) => kernels.secondLists(...arrays));
  return seconds;
}

/** As `secondNearest`, off the event loop. */
export async function secondNearestAsync(
  points: Float32Array,
  firsts: Uint32Array,
  of: Neighbourhoods,
): Promise<Uint32Array> {
  const { arrays, seconds } = secondArrays(points, firsts, of);
  await runJob(undefined, () => call((kernels) => kernels.secondListsAsync(...arrays)));
  return seconds;
}

function secondArrays(
  points: Float32Array,
  firsts: Uint32Array,
  { dim, centroids, around }: Neighbourhoods,
): { readonly arrays: SecondListsArrays; readonly seconds: Uint32Array } {
  const count = rowCount(centroids, dim, 'centroids');
  assert(rowCount(points, dim, 'points') === firsts.length, 'there is a first centroid for every point');
  assert(Number.isInteger(around.length / count), 'as many are named around every centroid');
  const seconds = new Uint32Array(firsts.length);
  return { arrays: [points, firsts, centroids, around, new Float32Array(dim), seconds], seconds };
}

export interface Postings {
  /** uint32[m] */
  readonly rows: Uint32Array;
  /** Half bits, uint16[m]. */
  readonly weights: Uint16Array;
  /** uint32[terms]: the postings of term t are [starts[t], ends[t]). */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** float32[terms] */
  readonly factors: Float32Array;
}

/** Adds factor × weight of every posting to `scores` of its row, term by term in order. Rows outside `scores` are skipped. */
export function accumulateSparse(postings: Postings, scores: Float32Array): void {
  const { rows, weights, starts, ends, factors } = postings;
  assert(rows.length === weights.length, 'there is a weight for every posting');
  assert(starts.length === factors.length, 'there is a factor for every term');
  assert(ends.length === factors.length, 'there is an end for every term');
  call((kernels) => kernels.accumulateSparse(rows, weights, starts, ends, factors, scores));
}

/** The k largest of `scores` that are live and above `minimum`. */
export function topK(scores: Float32Array, live: Uint8Array | null, k: number, minimum: number): BestRows {
  checkLive(live, scores.length);
  const best = bestRows(k, scores.length);
  return firstOf(
    best,
    call((kernels) => kernels.topK(scores, live, minimum, best.rows, best.scores)),
  );
}

/** A file in memory, read-only by contract (a write to a mapped one is a fault). Its opener closes it. */
export interface MappedFile {
  /** The whole file; of length 0 after `close`, and so is every view on its buffer. */
  readonly bytes: Uint8Array;
  /**
   * How it is going to be read. `unneeded`: what was read leaves the process's memory at once, and comes back from the file, or from the
   * system's cache of it, where it is read again; jobs that run on it are not disturbed.
   */
  advise(pattern: 'random' | 'sequential' | 'willneed' | 'unneeded'): void;
  /**
   * Whether the file was cut short, or could not be read, since it was mapped. What was then read of it may be zeros: who uses it asks
   * first, after reading. Portable ones hold the whole file, and are never torn.
   */
  readonly isTorn: boolean;
  /** Idempotent. Native jobs that run on the memory finish first: it is given back after the last of them. Portable ones are cancelled. */
  close(): void;
}

const advices = { random: 0, sequential: 1, willneed: 2, unneeded: 3 } as const;

/**
 * Maps a file. NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED where the process has no room for it or no file descriptor, or
 * FAILED_PRECONDITION where it is no plain file.
 */
export function mapFile(path: string): MappedFile {
  const kernels = nativeKernels();
  const buffer = call(() => kernels.mapFile(path));
  if (typeof buffer === 'number') throw mappingError('map', path, buffer);
  const bytes = new Uint8Array(buffer);
  // A file that is cut short reads as zeros to the end of its last page, without a fault: its last byte that is none is gone then.
  const last = bytes.findLastIndex((byte) => byte !== 0);
  const lastByte = bytes[last];
  return {
    bytes,
    get isTorn() {
      return bytes.length > 0 && (bytes[last] !== lastByte || kernels.isTornMapping(buffer) === 1);
    },
    advise(pattern) {
      const errno = kernels.adviseMapping(buffer, advices[pattern]);
      if (errno !== 0) throw mappingError('advise', path, errno);
    },
    close: () => {
      if (bytes.length > 0) kernels.unmapFile(buffer);
    },
  };
}

/** What a failed mapping means, and what to do. RESOURCE_EXHAUSTED passes once there is room. */
const mappingRemedies: Partial<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['NOT_FOUND', ''],
  EACCES: ['PERMISSION_DENIED', '; give the user that runs Shoal leave to read it'],
  ENOMEM: [
    'RESOURCE_EXHAUSTED',
    ', no room in the address space; raise the limit of the process (ulimit -v) or of mappings (sysctl vm.max_map_count)',
  ],
  EMFILE: ['RESOURCE_EXHAUSTED', ', too many open files of the process; raise its limit (ulimit -n)'],
  ENFILE: ['RESOURCE_EXHAUSTED', ', too many open files of the machine; raise sysctl fs.file-max'],
};

function mappingError(verb: string, path: string, errno: number): ShoalError {
  const name = getSystemErrorName(-errno);
  const [code, remedy] = mappingRemedies[name] ?? (['FAILED_PRECONDITION', ''] as const);
  return new ShoalError(code, `cannot ${verb} the file ${path}: ${name}${remedy}`, { details: { path } });
}

function rowCount(rows: Float32Array | Uint16Array, dim: number, what: string): number {
  assert(Number.isInteger(dim) && dim > 0, 'dim is a positive integer');
  assert(rows.length % dim === 0, `${what} are whole rows of dim values`);
  return rows.length / dim;
}

function checkQuery(query: Float32Array, dim: number): void {
  assert(dim <= 1024, 'dim is at most 1,024');
  const tokens = rowCount(query, dim, 'query tokens');
  assert(tokens >= 1 && tokens <= 4096, 'there are 1 to 4,096 query tokens');
}

function checkLive(live: Uint8Array | null, count: number): void {
  assert(live === null || live.length >= Math.ceil(count / 8), 'live has a bit for every row');
}

function bestRows(k: number, count: number): { rows: Uint32Array; scores: Float32Array } {
  assert(Number.isInteger(k) && k >= 0, 'k is a whole number');
  const size = Math.min(k, count);
  return { rows: new Uint32Array(size), scores: new Float32Array(size) };
}

function firstOf(best: BestRows, count: number): BestRows {
  return { rows: best.rows.subarray(0, count), scores: best.scores.subarray(0, count) };
}

function columnsOf(documents: RowDocuments): [offsets: BigUint64Array, counts: Uint32Array] {
  const { offsets, counts } = documents;
  assert(offsets.length === counts.length, 'there is an offset for every document');
  return [offsets instanceof BigUint64Array ? offsets : BigUint64Array.from(offsets, BigInt), counts];
}

function jobArrays(
  query: { tiles: number; dim: number; nbits?: number },
  cancel: Uint8Array,
  scores: Float32Array,
): JobArrays {
  return [cancel, new Float32Array(scratchFloats(query)), scores];
}

function nearestArrays(points: Float32Array, centroids: Float32Array, dim: number) {
  assert(rowCount(centroids, dim, 'centroids') >= 1, 'there is at least one centroid');
  const count = rowCount(points, dim, 'points');
  const assignment: Assignment = { assignments: new Uint32Array(count), scores: new Float32Array(count) };
  const panel = new Float32Array(32 * dim + 16);
  return {
    arrays: [points, centroids, dim, panel, assignment.assignments, assignment.scores] as const,
    assignment,
  };
}
