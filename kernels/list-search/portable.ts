/** Portable twin of list-search.h: the same hits, bit for bit, by the plain functions of the other families. */
import { assert } from '../../base/assert.js';
import { placeOf, scanLists } from '../adc-scan/portable.js';
import { toFloat32 } from '../float16/portable.js';
import { pause } from '../job.js';
import { buildLookupTable } from '../lookup-table/portable.js';
import type { NativeHandle, NativeKernels, ScratchArrays, SearchColumnArrays } from '../native-kernels.js';
import { quantizeQuery, scoreSurvivors, secondTerms } from '../second-code/portable.js';
import { chooseLists, rowProduct, type CoarseArrays } from './coarse.js';

const ksub = 16;
const lastTable = 2;
const lastFirst = 3;
const lastExact = 5;

interface Searcher extends CoarseArrays {
  readonly words: Float32Array | null;
  readonly dsub: number;
  readonly scales: Float64Array;
  readonly bases: Float32Array | null;
  readonly columns: SearchColumnArrays[];
  isClosed: boolean;
}

/** See `NativeKernels.openSearcher`. */
export const openSearcher: NativeKernels['openSearcher'] = (
  ...[words, dsub, scales, dim, lists, bases, centroids, rows, rowScales]
) => {
  const covered = words === null || words.length / ksub >= dim;
  const shaped = [bases, centroids].every((table) => table === null || table.length === lists * dim);
  assert(covered && shaped, 'refused: words cover dim, and there is a base and a centroid for every list');
  const searcher: Searcher = {
    ...{ words, dsub, scales, dim, lists, bases, centroids, rows, rowScales },
    columns: [],
    isClosed: false,
  };
  return searcher as unknown as NativeHandle;
};

/** See `NativeKernels.addSearchColumn`. */
export const addSearchColumn: NativeKernels['addSearchColumn'] = (handle, ...column) => {
  const searcher = searcherOf(handle);
  const [, , counts, firsts, ids, records, live, vectors, rows] = column;
  const positions = rows?.length ?? ids.length;
  assert(counts.length === searcher.lists, 'refused: a column has every list');
  assert(
    counts.every((count, list) => firsts[list]! + count <= positions),
    'refused: there is an id for every position',
  );
  assert(rows === null || rows.every((row) => row < ids.length), 'refused: there is an id for every row');
  const dim = (searcher.words?.length ?? 0) / ksub;
  const size = 6 + ((dim + 31) & ~31) / 2;
  assert(records === null || records.length === positions * size, 'refused: there is a record for every position');
  assert(live === null || live.length === (ids.length + 7) >> 3, 'refused: live has a bit for every position');
  const isWhole = vectors === null || vectors.length === ids.length * searcher.dim;
  assert(isWhole, 'refused: there is a vector for every position');
  searcher.columns.push(column);
};

/** See `NativeKernels.closeSearcher`. */
export const closeSearcher: NativeKernels['closeSearcher'] = (handle) => {
  (handle as unknown as Searcher).isClosed = true;
};

/** See `NativeKernels.searchWorkBytes`: none is needed here. */
export const searchWorkBytes: NativeKernels['searchWorkBytes'] = () => 0;

/** See `NativeKernels.openScratch`. */
export const openScratch: NativeKernels['openScratch'] = (...arrays) => arrays as unknown as NativeHandle;

/** See `NativeKernels.quantizeCentroids`. */
export const quantizeCentroids: NativeKernels['quantizeCentroids'] = (centroids, dim, rows, scales) => {
  const padded = rows.length / scales.length;
  for (let c = 0; c < scales.length; c++) {
    const centroid = centroids.subarray(c * dim, (c + 1) * dim);
    scales[c] = quantizeQuery(centroid, rows.subarray(c * padded, (c + 1) * padded)) * 2;
  }
};

/** See `NativeKernels.search`. */
export const search: NativeKernels['search'] = (handle, scratch, filters) => {
  const arrays = scratch as unknown as ScratchArrays;
  for (let q = 0; q < arrays[1][0]!; q++) searchOne(searcherOf(handle), queryOf(arrays, q), filters);
  return 0;
};

/** See `NativeKernels.searchAsync`. */
export const searchAsync: NativeKernels['searchAsync'] = async (handle, scratch, filters, cancel) => {
  const arrays = scratch as unknown as ScratchArrays;
  const searcher = searcherOf(handle);
  const bytes = searcher.columns.map(([codes]) => codes.length);
  for (let q = 0; q < arrays[1][0]!; q++) {
    await pause();
    const isGone = searcher.columns.some(([codes], c) => codes.length !== bytes[c]);
    if (cancel[0] !== 0 || isGone) return -1;
    searchOne(searcher, queryOf(arrays, q), filters);
  }
  return 0;
};

function searcherOf(handle: NativeHandle): Searcher {
  const searcher = handle as unknown as Searcher;
  assert(!searcher.isClosed, 'refused: the searcher is closed');
  return searcher;
}

interface Query {
  readonly query: Float32Array;
  readonly probes: Uint32Array;
  readonly biases: Float64Array;
  readonly ids: BigUint64Array;
  readonly scores: Float64Array;
  readonly places: Uint32Array;
  readonly found: Float64Array;
  readonly nprobe: number;
  readonly candidates: number;
  readonly wanted: number;
  readonly refined: number;
  readonly k: number;
  readonly threshold: number;
  readonly hasBiases: boolean;
  readonly last: number;
}

function queryOf(arrays: ScratchArrays, q: number): Query {
  const [queriesMax, parameters, queries, probes, biases, ids, scores, places, found] = arrays;
  const [, nprobe, candidates, wanted, refined, k, threshold, hasBiases, last] = parameters;
  const own = <T extends { subarray(from: number, to: number): T; length: number }>(all: T): T =>
    all.subarray((q * all.length) / queriesMax, ((q + 1) * all.length) / queriesMax);
  const isShaped = nprobe! <= probes.length / queriesMax && k! <= scores.length / queriesMax && k! <= refined!;
  assert(isShaped && wanted! >= 1, 'refused: nprobe and k have room, refined is no less than k, wanted at least 1');
  return {
    ...{ query: own(queries), probes: own(probes), biases: own(biases), ids: own(ids), scores: own(scores) },
    ...{ places: own(places), found: own(found), nprobe: nprobe!, candidates: candidates!, wanted: wanted! },
    ...{ refined: refined!, k: k!, threshold: threshold!, hasBiases: hasBiases !== 0, last: last! },
  };
}

interface Entry {
  readonly column: number;
  readonly list: number;
  readonly position: number;
  readonly row: number;
  readonly id: bigint;
  score: number;
}

function better(a: Entry, b: Entry): number {
  return b.score === a.score ? (a.id < b.id ? -1 : 1) : b.score > a.score ? 1 : -1;
}

function searchOne(searcher: Searcher, query: Query, filters: readonly (Uint8Array | null)[] | null): void {
  const vector = query.query.subarray(0, searcher.dim);
  const probed = query.candidates > 0 ? chooseLists(searcher, vector, query) : query.nprobe;
  query.found.set([probed, 0, 0]);
  for (let i = 0; i < probed && !query.hasBiases && searcher.bases !== null; i++)
    query.biases[i] = rowProduct(vector, searcher.bases, query.probes[i]!);
  if (searcher.words === null || query.last < lastTable) return;
  const table = tableOf(searcher, searcher.words, vector);
  if (query.last === lastTable) return;
  const biases = new Float64Array(searcher.lists).fill(NaN);
  for (let i = 0; i < probed; i++) biases[query.probes[i]!] = query.biases[i]!;
  query.found[2] = searcher.columns.reduce((sum, column) => sum + vectorsRead(column, biases), 0);
  const first = searcher.columns.flatMap((_, c) => scanColumn(searcher, c, { table, biases, query, filters }));
  const survivors = onlyOnce(first.sort(better).slice(0, query.wanted));
  const best = query.last > lastFirst ? refine(searcher, survivors, { table, biases, query }) : survivors;
  writeAnswer(best.slice(0, query.k), query);
}

function vectorsRead([, , counts]: SearchColumnArrays, biases: Float64Array): number {
  return counts.reduce((sum, count, list) => sum + (Number.isNaN(biases[list]) ? 0 : count), 0);
}

interface Table {
  readonly tables: Float32Array;
  readonly levels: Uint8Array;
  readonly scale: Float64Array;
  readonly queryLevels: Int8Array;
  readonly halfUnit: number;
  readonly dim: number;
}

function tableOf({ words, dsub, scales }: Searcher, own: Float32Array, vector: Float32Array): Table {
  const dim = own.length / ksub;
  const padded = new Float32Array(dim);
  padded.set(vector);
  const subquantizers = dim / dsub;
  const table = {
    tables: new Float32Array(subquantizers * ksub),
    levels: new Uint8Array(((subquantizers + 3) & ~3) * ksub),
    scale: new Float64Array(3),
  };
  buildLookupTable(words ?? own, padded, dsub, scales, table.tables, table.levels, table.scale);
  const queryLevels = new Int8Array((dim + 31) & ~31);
  return { ...table, queryLevels, halfUnit: quantizeQuery(padded, queryLevels), dim };
}

interface Pass {
  readonly table: Table;
  readonly biases: Float64Array;
  readonly query: Query;
}

/** Of entries, better ones first, the first of each vector. */
function onlyOnce(entries: readonly Entry[]): Entry[] {
  const best = new Map<bigint, Entry>();
  for (const entry of entries) {
    const other = best.get(entry.id);
    if (other === undefined || (other.score === entry.score && entry.position < other.position))
      best.set(entry.id, entry);
  }
  return [...best.values()];
}

/** Bits by position of those by row. */
function byPosition(bits: Uint8Array | null, rows: Uint32Array | null): Uint8Array | null {
  if (bits === null || rows === null) return bits;
  const moved = new Uint8Array((rows.length + 7) >> 3);
  rows.forEach((row, position) => (moved[position >> 3]! |= ((bits[row >> 3]! >> (row & 7)) & 1) << (position & 7)));
  return moved;
}

/** The column's best R. */
function scanColumn(
  searcher: Searcher,
  c: number,
  { table, biases, query, filters }: Pass & { readonly filters: readonly (Uint8Array | null)[] | null },
): Entry[] {
  const [codes, offsets, counts, firsts, idsByRow, , live, , rows] = searcher.columns[c]!;
  const ids = rows === null ? idsByRow : BigUint64Array.from(rows, (row) => idsByRow[row]!);
  const filter = byPosition(filters?.[c] ?? null, rows);
  const { wanted, threshold } = query;
  const header = Float64Array.of(...table.scale, threshold, ...biases);
  const [places, scores, found] = [new Uint32Array(2 * wanted), new Float64Array(wanted), Uint32Array.of(wanted)];
  const entries = new Float64Array(4 * (2 * wanted + 1));
  scanLists(
    ...([codes, offsets, counts, firsts, byPosition(live, rows), filter, ids, table.levels, header] as const),
    ...([places, scores, entries, new Uint8Array(0), found, new Uint8Array(1)] as const),
  );
  return Array.from({ length: found[0]! }, (_, i) => {
    const [position, list] = [places[i]!, places[wanted + i]!];
    return { column: c, list, position, row: rows?.[position] ?? position, id: ids[position]!, score: scores[i]! };
  });
}

function refine(searcher: Searcher, survivors: Entry[], pass: Pass): Entry[] {
  const { table, biases, query } = pass;
  const hasSecond = searcher.columns.every(([, , , , , records]) => records !== null);
  const isExact = query.last === lastExact && searcher.columns.every(([, , , , , , , vectors]) => vectors !== null);
  if (hasSecond) scoreSecond(searcher, survivors, pass);
  else if (!isExact) return survivors;
  const refined = survivors.sort(better).slice(0, query.refined);
  const vector = query.query.subarray(0, searcher.dim);
  for (const entry of refined) {
    const column = searcher.columns[entry.column]!;
    const score = isExact ? vectorScore(column, entry, vector) : exactScore(column, entry, table, biases);
    entry.score = orWorst(score);
  }
  return refined.sort(better);
}

function scoreSecond(searcher: Searcher, survivors: readonly Entry[], { table, biases }: Pass): void {
  const levelSum = table.queryLevels.reduce((sum, level) => sum + level, 0);
  const step = table.scale[0]! / searcher.scales[0]!;
  for (const entry of survivors) {
    const column = searcher.columns[entry.column]!;
    const size = column[5]!.length / (column[8]?.length ?? column[4].length);
    const record = column[5]!.subarray(entry.position * size, (entry.position + 1) * size);
    const terms = secondTerms(record, { levels: table.queryLevels, halfUnit: table.halfUnit, levelSum });
    const first = step * levelsOf(column, entry, table);
    entry.score = orWorst(terms.rescale * (first + terms.second) + terms.shift + biases[entry.list]!);
  }
}

/** ⟨q, x⟩. */
function vectorScore([, , , , , , , vectors]: SearchColumnArrays, { row }: Entry, query: Float32Array): number {
  const dim = query.length;
  const vector = new Float32Array(dim);
  toFloat32(vectors!.subarray(row * dim, (row + 1) * dim), vector);
  return rowProduct(query, vector, 0);
}

function orWorst(score: number): number {
  return Number.isNaN(score) ? -Infinity : score;
}

/** offset + the sum of the code's levels. */
function levelsOf([codes, offsets, counts, firsts]: SearchColumnArrays, entry: Entry, table: Table): number {
  const pairs = table.levels.length / 32;
  const { code, width } = placeOf(pairs, counts[entry.list]!, entry.position - firsts[entry.list]!);
  const start = Number(offsets[entry.list]!) + code;
  let sum = table.scale[1]!;
  for (let p = 0; p < pairs; p++) {
    const byte = codes[start + p * width]!;
    sum += table.levels[32 * p + (byte & 15)]! + table.levels[32 * p + 16 + (byte >> 4)]!;
  }
  return sum;
}

function exactScore(column: SearchColumnArrays, entry: Entry, table: Table, biases: Float64Array): number {
  const [codes, offsets, counts, firsts, , records] = column;
  const scores = new Float64Array(1);
  scoreSurvivors(
    ...([table.tables, table.queryLevels, table.halfUnit, table.dim] as const),
    ...([codes, offsets, counts, firsts, biases, records!] as const),
    ...([Uint32Array.of(entry.position), Uint32Array.of(entry.list), scores, new Uint8Array(1)] as const),
  );
  return scores[0]!;
}

function writeAnswer(best: readonly Entry[], { ids, scores, places, found }: Query): void {
  const room = scores.length;
  best.forEach((entry, i) => {
    ids[i] = entry.id;
    scores[i] = entry.score;
    places[i] = entry.column;
    places[room + i] = entry.row;
    places[2 * room + i] = entry.list;
  });
  found[1] = best.length;
}
