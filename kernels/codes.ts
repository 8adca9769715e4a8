/**
 * How are vectors coded in four bits, and lists of codes scanned? The second half of the door of kernels.ts, with its rules: shapes are
 * checked here, arrays given stay the caller's, arrays returned are new, a broken shape is INTERNAL.
 *
 * Formulas and layouts: lookup-table/, product-code/, adc-scan/ and second-code/ <family>.h. All answers are equal bit for bit on every
 * instruction set and in the portable twins. Plain calls block the thread; those in *Async run on libuv's pool, may read mapped
 * memory, and reject with CANCELLED as soon as their signal aborts.
 */
import { assert } from '../base/assert.js';
import { runJob } from './job.js';
import type { BatchArrays, ScanListsArrays, SurvivorArrays } from './native-kernels.js';
import { callKernels as call } from './native.js';
import {
  bitsOfKind,
  evenNibbles,
  queryLevels,
  recordBytes,
  secondBitsMax,
  secondKindsMax,
} from './second-code/record.js';

export { recordBytes, secondBitsMax };

/** Codewords of a subquantizer: a code has four bits. */
export const ksub = 16;
/** Subquantizers that a code may have. */
export const subquantizersMax = 512;
/** Queries that one scan may serve. */
export const scanQueriesMax = 16;
/** Values of a dimension's rows in `Codebook.feedback`. */
export const feedbackWidth = 64;
// More entries than wanted: the reservoir is cut back when it is full.
const reservoirSlack = 192;
// float64 that an entry takes.
const entryWords = 4;
/** Bits a dimension that a second code has unless told. */
export const usualSecondBits = 4;
/** The kind of second codes where nothing says one: what those were before there were others. */
export const firstSecondKind = evenNibbles;

/** What vectors of one generation are coded with. Published with the collection, the same on every shard. */
export interface Codebook {
  /** float32[subquantizers, dsub, 16]: the 16 values of a dimension beside each other. */
  readonly words: Float32Array;
  readonly subquantizers: number;
  readonly dsub: number;
  /** f = rescale · F: the largest f to be kept, over 32,767. */
  readonly rescale: number;
  /** t = anchor · T: the largest |t| to be kept, over 32,767. */
  readonly anchor: number;
  /** The kind of second codes, 1 to 16 (second-code.h); 4 unless given. */
  readonly secondKind?: number;
  /** float32[subquantizers × dsub, 2, 64]: how second codes of kinds from 9 on are rounded (values.h); each dimension by itself unless given. */
  readonly feedback?: Float32Array;
  /**
   * float32[subquantizers × dsub, subquantizers × dsub], symmetric: how much errors of first codes count (error-metric.h); each part has its
   * nearest word unless given.
   */
  readonly metric?: Float32Array;
}

/** The base a list's vectors are coded against, and where their estimate is exact; both float32[dim] or null. */
export interface ListBase {
  readonly base: Float32Array | null;
  readonly anchor: Float32Array | null;
}

/** The bytes of a code of so many subquantizers. */
export function codeBytes(subquantizers: number): number {
  return ((subquantizers + 3) & ~3) / 2;
}

/** The bytes of a list of `count` vectors, factors included. */
export function listBytes(subquantizers: number, count: number): number {
  const rest = count % 64;
  const slots = count - rest + (rest > 32 ? 64 : rest > 0 ? 32 : 0);
  return slots * (codeBytes(subquantizers) + 4);
}

/** Whether second codes can have so many bits a dimension. */
export function isSecondBits(bits: number): boolean {
  return Number.isInteger(bits) && bits >= 1 && bits <= secondBitsMax;
}

/** Whether `kind` is one of second codes. */
export function isSecondKind(kind: number): boolean {
  return Number.isInteger(kind) && kind >= 1 && kind <= secondKindsMax;
}

/** The kind that second codes of so many bits have in new codebooks. */
export function newestKind(bits: number): number {
  return bits + secondBitsMax;
}

/** The kind of the second codes of `codebook`. */
export function secondKindOf({ secondKind }: { readonly secondKind?: number | undefined }): number {
  return secondKind ?? firstSecondKind;
}

/** Bits a dimension of the second codes of `codebook`. */
export function secondBitsOf(codebook: { readonly secondKind?: number | undefined }): number {
  return bitsOfKind(secondKindOf(codebook));
}

/** Rows: codes uint8[n, codeBytes], factors int16[n, 2] = F, T. */
export interface CodedVectors {
  readonly codes: Uint8Array;
  readonly factors: Int16Array;
}

/** Codes of `points` float32[n, dim], which must be finite. */
export function encodeVectors(codebook: Codebook, points: Float32Array, { base, anchor }: ListBase): CodedVectors {
  const { words, dsub, subquantizers } = checked(codebook);
  const count = rowsOf(points, codebook);
  checkBase(codebook, { base, anchor });
  const codes = new Uint8Array(count * codeBytes(subquantizers));
  const factors = new Int16Array(2 * count);
  const scratch = new Float32Array(codingFloats(codebook));
  const metric = codebook.metric ?? null;
  const scales = scalesOf(codebook);
  call((kernels) => kernels.encodeVectors(points, base, anchor, words, dsub, scales, scratch, codes, factors, metric));
  return { codes, factors };
}

/** Records uint8[n, recordBytes] of what `codes`, made of the same points and base, left over. */
export function encodeSecond(codebook: Codebook, points: Float32Array, of: ListBase & CodedVectors): Uint8Array {
  const { words, dsub } = checked(codebook);
  const count = rowsOf(points, codebook);
  checkBase(codebook, of);
  const dim = dimOf(codebook);
  const kind = secondKindOf(codebook);
  const records = new Uint8Array(count * recordBytes(dim, kind));
  const scratch = new Float32Array(3 * dim);
  const coding = [kind, codebook.feedback ?? null] as const;
  call((kernels) =>
    kernels.encodeSecond(points, of.base, of.anchor, words, dsub, of.codes, scratch, records, ...coding),
  );
  return records;
}

/** Vectors of many lists, and what those are coded against. */
export interface VectorBatch {
  readonly codebook: Codebook;
  /** float32[n, dim], finite; dim up to the codebook's, which missing dimensions fill with zeros. */
  readonly points: Float32Array;
  readonly dim: number;
  /** uint32[n]: rows of bases and anchors, float32[lists, dim]. */
  readonly lists: Uint32Array;
  readonly bases: Float32Array;
  readonly anchors: Float32Array;
  /** Whether second codes are made too. */
  readonly hasRecords: boolean;
}

/** Codes as `encodeVectors` and records as `encodeSecond` make them of each list alone; records null unless asked for. */
export interface CodedBatch extends CodedVectors {
  readonly records: Uint8Array | null;
}

/** Both codes of every vector in one call: about 4 µs a vector of 384 dimensions. */
export function encodeBatch(batch: VectorBatch): CodedBatch {
  const coded = roomFor(batch);
  call((kernels) => kernels.encodeBatch(...batchArrays(batch, coded, new Uint8Array(1))));
  return coded;
}

/** As `encodeBatch`, off the event loop. */
export async function encodeBatchAsync(batch: VectorBatch, signal?: AbortSignal): Promise<CodedBatch> {
  const coded = roomFor(batch);
  await runJob(signal, (cancel) => call((kernels) => kernels.encodeBatchAsync(...batchArrays(batch, coded, cancel))));
  return coded;
}

/** The blocks of a list, uint8[listBytes]. */
export function packList(subquantizers: number, { codes, factors }: CodedVectors): Uint8Array {
  assert(codes.length * 2 === factors.length * codeBytes(subquantizers), 'there is a code for every two factors');
  const blocks = new Uint8Array(listBytes(subquantizers, factors.length / 2));
  call((kernels) => kernels.packBlocks(codes, factors, codeBytes(subquantizers), blocks));
  return blocks;
}

/** The rows of a list of `count` vectors. */
export function unpackList(subquantizers: number, blocks: Uint8Array, count: number): CodedVectors {
  const codes = new Uint8Array(count * codeBytes(subquantizers));
  const factors = new Int16Array(2 * count);
  call((kernels) => kernels.unpackBlocks(codes, factors, codeBytes(subquantizers), blocks));
  return { codes, factors };
}

/** A query made ready for lists of one codebook. */
export interface LookupTable {
  /** float32[subquantizers, 16]: inner products with the codewords. */
  readonly tables: Float32Array;
  /** uint8[padded subquantizers, 16] */
  readonly levels: Uint8Array;
  readonly unit: number;
  readonly offset: number;
  readonly anchorWeight: number;
}

/** Of `query` float32[dim], finite. */
export function buildLookupTable(codebook: Codebook, query: Float32Array): LookupTable {
  const { words, dsub, subquantizers } = checked(codebook);
  assert(query.length === dimOf(codebook), 'the query has dim values');
  const tables = new Float32Array(subquantizers * ksub);
  const levels = new Uint8Array(codeBytes(subquantizers) * 2 * ksub);
  const scale = new Float64Array(3);
  const scales = scalesOf(codebook);
  call((kernels) => kernels.buildLookupTable(words, query, dsub, scales, tables, levels, scale));
  return { tables, levels, unit: scale[0]!, offset: scale[1]!, anchorWeight: scale[2]! };
}

/** Lists in one column of bytes. Positions are numbered through: vector v of list l is at firsts[l] + v. */
export interface Lists {
  readonly codes: Uint8Array;
  /** Bytes into `codes`, best multiples of 64. */
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
  readonly firsts: Uint32Array;
}

export interface ListQuery {
  readonly table: LookupTable;
  /** float64[lists]: ⟨q, base⟩; NaN = this query does not read the list. */
  readonly biases: Float64Array;
  /** R, at least 1: exactly the best R come back, by score, then by id. */
  readonly wanted: number;
  /** Scores below it are not wanted; −Infinity where nothing is known. The R-th score of an earlier scan makes this one faster. */
  readonly threshold: number;
}

export interface ListScan {
  readonly lists: Lists;
  /** Bit p of byte p >> 3 is set for a position that counts; null = all count. A position counts where both say so. */
  readonly live: Uint8Array | null;
  readonly filter: Uint8Array | null;
  /** uint64 by position, each its own: what orders equal scores. null = the position. */
  readonly ids: BigUint64Array | null;
  /** Up to 16; those that share lists share the reading of them. */
  readonly queries: readonly ListQuery[];
}

/** Best first. `lists` numbers the scan's lists. */
export interface BestVectors {
  readonly positions: Uint32Array;
  readonly lists: Uint32Array;
  readonly scores: Float64Array;
}

/** The best of every query, in their order. A shard searches in one call (list-search.ts); this is its scan alone, for tests and benchmarks. */
export function scanLists(scan: ListScan): BestVectors[] {
  const arrays = scanArrays(scan);
  call((kernels) => kernels.scanLists(...arrays));
  return bestOf(arrays);
}

/** A query made ready for second codes. */
export interface SecondQuery {
  readonly table: LookupTable;
  /** int8[padded dim], int8[2, padded dim] from 5 bits on */
  readonly levels: Int8Array;
  readonly halfUnit: number;
  readonly dim: number;
  readonly kind: number;
}

/** Of `query` float32[dim], whose table over the first codes is `table`, for second codes of `kind`. */
export function prepareSecond(table: LookupTable, query: Float32Array, kind = firstSecondKind): SecondQuery {
  const levels = new Int8Array(queryLevels(query.length, kind));
  const halfUnit = call((kernels) => kernels.quantizeQuery(query, levels));
  return { table, levels, halfUnit, dim: query.length, kind };
}

export interface SurvivorScan {
  readonly lists: Lists;
  readonly biases: Float64Array;
  /** By position, from 0 on, recordBytes each. */
  readonly records: Uint8Array;
  readonly survivors: { readonly positions: Uint32Array; readonly lists: Uint32Array };
}

/** float64[survivors]: scores by both codes; alone, as `scanLists`. */
export function scoreSurvivors(query: SecondQuery, scan: SurvivorScan): Float64Array {
  const scores = new Float64Array(scan.survivors.positions.length);
  const arrays = survivorArrays(query, scan, scores);
  call((kernels) => kernels.scoreSurvivors(...arrays));
  return scores;
}

function roomFor({ codebook, points, dim, lists, bases, anchors, hasRecords }: VectorBatch): CodedBatch {
  const { subquantizers } = checked(codebook);
  const count = lists.length;
  assert(Number.isInteger(dim) && dim >= 1 && dim <= dimOf(codebook), 'dim is at most the codebook’s');
  assert(points.length === count * dim, 'there is a list for every point');
  assert(bases.length % dim === 0 && anchors.length === bases.length, 'bases and anchors are rows of dim values');
  return {
    codes: new Uint8Array(count * codeBytes(subquantizers)),
    factors: new Int16Array(2 * count),
    records: hasRecords ? new Uint8Array(count * recordBytes(dimOf(codebook), secondKindOf(codebook))) : null,
  };
}

function batchArrays(batch: VectorBatch, { codes, factors, records }: CodedBatch, cancel: Uint8Array): BatchArrays {
  const { codebook, points, dim, lists, bases, anchors } = batch;
  const { words, dsub } = codebook;
  const scratch = new Float32Array(codingFloats(codebook) + 2 * dimOf(codebook));
  return [
    ...([points, dim, lists, bases, anchors, words, dsub, scalesOf(codebook), scratch] as const),
    ...([codes, factors, records, cancel, secondKindOf(codebook)] as const),
    ...([codebook.feedback ?? null, codebook.metric ?? null] as const),
  ];
}

function survivorArrays(
  { table, levels, halfUnit, dim, kind }: SecondQuery,
  { lists, biases, records, survivors }: SurvivorScan,
  scores: Float64Array,
): SurvivorArrays {
  const { codes, offsets, counts, firsts } = lists;
  const { positions } = survivors;
  return [
    ...([table.tables, levels, halfUnit, dim] as const),
    ...([codes, offsets, counts, firsts, biases, records, positions, survivors.lists, scores] as const),
    ...([new Uint8Array(1), kind] as const),
  ];
}

function scanArrays({ lists, live, filter, ids, queries }: ListScan): ScanListsArrays {
  const { codes, offsets, counts, firsts } = lists;
  assert(queries.length >= 1 && queries.length <= scanQueriesMax, 'there are 1 to 16 queries');
  const levelBytes = queries[0]!.table.levels.length;
  const levels = queries.length === 1 ? queries[0]!.table.levels : new Uint8Array(levelBytes * queries.length);
  const headers = new Float64Array(queries.length * (4 + counts.length));
  let room = 0;
  queries.forEach(({ table, biases, wanted, threshold }, q) => {
    assert(table.levels.length === levelBytes, 'all queries are of one codebook');
    assert(biases.length === counts.length, 'there is a bias for every list');
    assert(Number.isInteger(wanted) && wanted >= 1, 'at least one vector is wanted');
    assert(!Number.isNaN(threshold), 'the threshold is a number');
    if (queries.length > 1) levels.set(table.levels, q * levelBytes);
    headers.set([table.unit, table.offset, table.anchorWeight, threshold], q * (4 + counts.length));
    headers.set(biases, q * (4 + counts.length) + 4);
    room = Math.max(room, wanted);
  });
  const size = queries.length * room;
  const entries = new Float64Array(queries.length * entryWords * (2 * room + reservoirSlack));
  return [
    ...([codes, offsets, counts, firsts, live, filter, ids, levels, headers] as const),
    ...([new Uint32Array(2 * size), new Float64Array(size), entries] as const),
    new Uint8Array(queries.length * levelBytes * 4 + 63),
    Uint32Array.from(queries, ({ wanted }) => wanted),
    new Uint8Array(1),
  ];
}

function bestOf(arrays: ScanListsArrays): BestVectors[] {
  const [places, scores, found] = [arrays[9], arrays[10], arrays[13]];
  const room = scores.length / found.length;
  return Array.from(found, (count, q) => ({
    positions: places.subarray(2 * q * room, 2 * q * room + count),
    lists: places.subarray((2 * q + 1) * room, (2 * q + 1) * room + count),
    scores: scores.subarray(q * room, q * room + count),
  }));
}

function dimOf({ subquantizers, dsub }: Codebook): number {
  return subquantizers * dsub;
}

export interface CodingShape {
  readonly subquantizers: number;
  readonly dsub: number;
  readonly metric?: Float32Array | undefined;
}

/** float32 that first codes are made in: encode_floats of product-code.h. */
export function codingFloats({ subquantizers, dsub, metric }: CodingShape): number {
  const dim = subquantizers * dsub;
  const groups = Math.ceil(dsub / 4);
  const ofMetric = 48 + subquantizers * (ksub + groups * (ksub + dim)) + 16 * (2 * dim + subquantizers * (1 + groups));
  return subquantizers * ksub + 17 * dim + (metric === undefined ? 0 : ofMetric);
}

function checked(codebook: Codebook): Codebook {
  const { words, subquantizers, dsub, rescale, anchor, metric } = codebook;
  assert(isSecondKind(secondKindOf(codebook)), 'there are sixteen kinds of second codes');
  assert(subquantizers >= 1 && subquantizers <= subquantizersMax, 'there are 1 to 512 subquantizers');
  assert(words.length === subquantizers * dsub * ksub, 'a codebook has 16 codewords for every subquantizer');
  assert(rescale > 0 && anchor > 0, 'the scales of the factors are positive');
  assert(
    metric === undefined || metric.length === (subquantizers * dsub) ** 2,
    'the metric has dim rows of dim values',
  );
  return codebook;
}

function scalesOf({ rescale, anchor }: Codebook): Float64Array {
  return Float64Array.of(rescale, anchor);
}

function rowsOf(points: Float32Array, codebook: Codebook): number {
  assert(points.length % dimOf(codebook) === 0, 'points are whole rows of dim values');
  return points.length / dimOf(codebook);
}

function checkBase(codebook: Codebook, { base, anchor }: ListBase): void {
  assert(base === null || base.length === dimOf(codebook), 'the base has dim values');
  assert(anchor === null || anchor.length === dimOf(codebook), 'the anchor has dim values');
}
