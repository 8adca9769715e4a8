/** Portable twin of list-search.h: the same hits, bit for bit, by the plain functions of the other families. */
import { assert } from '../../base/assert.js';
import { packBlocks, placeOf, scanLists } from '../adc-scan/portable.js';
import { toFloat32 } from '../float16/portable.js';
import { pause } from '../job.js';
import { buildLookupTable } from '../lookup-table/portable.js';
import type {
  NativeHandle,
  NativeKernels,
  RowColumnArrays,
  ScratchArrays,
  SearchColumnArrays,
} from '../native-kernels.js';
import { isLive } from '../top-k.js';
import { quantizeQuery, scoreSurvivors, secondTerms } from '../second-code/portable.js';
import { queryLevels, recordBytes } from '../second-code/record.js';
import { codedSurvivors, nearer, nearestByCodes, nearestLists, upTo } from './portable-coarse.js';
import { byPosition, listOf, searcherOf, type Column, type Searcher } from './portable-columns.js';
import { rowProduct } from './row-product.js';

const ksub = 16;
const lastTable = 2;
const lastFirst = 3;
const lastExact = 5;

/** See `NativeKernels.closeSearcher`. */
export const closeSearcher: NativeKernels['closeSearcher'] = (handle) => {
  (handle as unknown as Searcher).isClosed = true;
};

/** See `NativeKernels.searchWorkBytes`: none is needed here. */
export const searchWorkBytes: NativeKernels['searchWorkBytes'] = () => 0;

/** See `NativeKernels.openScratch`. */
export const openScratch: NativeKernels['openScratch'] = (...arrays) => arrays as unknown as NativeHandle;

/** See `NativeKernels.search`. */
export const search: NativeKernels['search'] = (handle, scratch, filters) => {
  const arrays = scratch as unknown as ScratchArrays;
  for (let q = 0; q < arrays[1][0]!; q++) {
    const steps = searchSteps(searcherOf(handle), queryOf(arrays, q), filters);
    while (steps.next().done !== true);
  }
  return 0;
};

/** See `NativeKernels.searchAsync`. */
export const searchAsync: NativeKernels['searchAsync'] = async (handle, scratch, filters, cancel) => {
  const arrays = scratch as unknown as ScratchArrays;
  const searcher = searcherOf(handle);
  const bytes = searcher.columns.map(bytesOf);
  for (let q = 0; q < arrays[1][0]!; q++) {
    const steps = searchSteps(searcher, queryOf(arrays, q), filters);
    do {
      await pause();
      const isGone = searcher.columns.some((column, c) => bytesOf(column) !== bytes[c]);
      if (cancel[0] !== 0 || isGone) return -1;
    } while (steps.next().done !== true);
  }
  return 0;
};

/** What is no longer mapped has no bytes. */
function bytesOf({ lists, growing }: Column): number {
  return (lists?.[0] ?? growing![0]).length;
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

type Filters = readonly (Uint8Array | null)[] | null;

/** Answers a query; stops between pieces of work of a millisecond at most, so that others get their turn. */
function* searchSteps(searcher: Searcher, query: Query, filters: Filters): Generator<void, void> {
  const vector = query.query.subarray(0, searcher.dim);
  const areAllFirst = searcher.columns.every(({ first }, c) => first === c);
  assert(!query.hasBiases || areAllFirst, 'refused: no biases are given where vectors lie in further lists');
  const probed = query.candidates > 0 ? chooseLists(searcher, vector, query) : query.nprobe;
  query.found.set([probed, 0, 0]);
  if (!query.hasBiases && searcher.bases !== null) fillBiases(searcher, query, vector, probed);
  if (searcher.words === null || query.last < lastTable) return;
  const table = tableOf(searcher, searcher.words, vector);
  if (query.last === lastTable) return;
  const biases = new Float64Array(searcher.lists).fill(NaN);
  for (let i = 0; i < probed; i++) biases[query.probes[i]!] = query.biases[i]!;
  const learned = searcher.listBiases;
  const scanBiases = learned === null ? biases : biases.map((bias, list) => bias + learned[list]!);
  const pass = { table, biases, query };
  let survivors: Entry[] = [];
  for (const entries of scanColumns(searcher, { ...pass, biases: scanBiases }, filters)) {
    survivors = [...survivors, ...entries].sort(better).slice(0, query.wanted);
    yield;
  }
  const stages = stagesOf(searcher, query);
  survivors = onlyOnce(searcher, survivors, stages.isRefined);
  if (stages.isRefined) survivors = placedFirst(searcher, survivors, pass);
  const best = stages.isRefined ? refine(searcher, survivors, { ...pass, ...stages }) : survivors;
  writeAnswer(searcher, best.slice(0, query.k), query);
}

/** The nearest lists into the query's probes, nearest first; gives their number. */
function chooseLists(searcher: Searcher, vector: Float32Array, { candidates, nprobe, probes }: Query): number {
  const { centroidCodes: codes, lists } = searcher;
  const survivors = codes === null ? 0 : codedSurvivors(lists, candidates);
  const near = survivors > 0 ? nearestByCodes(codes!, lists, vector, { survivors, candidates }) : upTo(lists);
  const isChosen = survivors > 0 && candidates === nprobe;
  const chosen = (isChosen ? near : nearestLists(searcher, vector, near)).slice(0, nprobe);
  probes.set(chosen);
  return chosen.length;
}

interface Stages {
  readonly hasSecond: boolean;
  readonly isExact: boolean;
  readonly isRefined: boolean;
}

/** What follows the first scores. */
function stagesOf({ columns }: Searcher, { last }: Query): Stages {
  const own = columns.filter(({ first }, c) => first === c);
  const hasSecond = last > lastFirst && own.every(({ records }) => records !== null);
  const isExact = last === lastExact && own.every(({ vectors }) => vectors !== null);
  return { hasSecond, isExact, isRefined: hasSecond || isExact };
}

/** ⟨q, base⟩ of the lists; those that were given get the order of it. */
function fillBiases({ bases }: Searcher, query: Query, vector: Float32Array, probed: number): void {
  const lists = Array.from({ length: probed }, (_, i) => ({
    list: query.probes[i]!,
    score: rowProduct(vector, bases!, query.probes[i]!),
  }));
  if (query.candidates === 0) lists.sort(nearer);
  lists.forEach(({ list, score }, i) => {
    query.probes[i] = list;
    query.biases[i] = score;
  });
}

interface Table {
  /** Products with the codes' own words: those that second codes belong to. */
  readonly tables: Float32Array;
  readonly levels: Uint8Array;
  readonly scale: Float64Array;
  readonly queryLevels: Int8Array;
  readonly halfUnit: number;
  readonly dim: number;
  readonly kind: number;
}

function tableOf(searcher: Searcher, words: Float32Array, vector: Float32Array): Table {
  const { scanWords, secondKind: kind } = searcher;
  const dim = words.length / ksub;
  const padded = new Float32Array(dim);
  padded.set(vector);
  const table = builtTable(searcher, scanWords ?? words, adapted(searcher, padded));
  const { tables } = scanWords === null ? table : builtTable(searcher, words, padded);
  const levels = new Int8Array(queryLevels(dim, kind));
  return { ...table, tables, queryLevels: levels, halfUnit: quantizeQuery(padded, levels), dim, kind };
}

function builtTable({ dsub, scales }: Searcher, words: Float32Array, query: Float32Array) {
  const subquantizers = query.length / dsub;
  const table = {
    tables: new Float32Array(subquantizers * ksub),
    levels: new Uint8Array(((subquantizers + 3) & ~3) * ksub),
    scale: new Float64Array(3),
  };
  buildLookupTable(words, query, dsub, scales, table.tables, table.levels, table.scale);
  return table;
}

/** A q, with the zeros behind it. */
function adapted({ adapter, dim }: Searcher, padded: Float32Array): Float32Array {
  if (adapter === null) return padded;
  const query = padded.subarray(0, dim);
  return padded.map((_, j) => (j < dim ? rowProduct(query, adapter, j) : 0));
}

interface Pass {
  readonly table: Table;
  readonly biases: Float64Array;
  readonly query: Query;
}

/** Of entries one of each vector: that of its first list where `prefersFirst`, else the better. */
function onlyOnce({ columns }: Searcher, entries: readonly Entry[], prefersFirst: boolean): Entry[] {
  const best = new Map<bigint, Entry>();
  const isFirst = ({ column }: Entry): boolean => columns[column]!.first === column;
  for (const entry of entries) {
    const other = best.get(entry.id);
    const isBetter = (than: Entry): boolean => {
      if (prefersFirst && isFirst(entry) !== isFirst(than)) return isFirst(entry);
      return entry.score === than.score ? entry.list < than.list : entry.score > than.score;
    };
    if (other === undefined || isBetter(other)) best.set(entry.id, entry);
  }
  return [...best.values()];
}

/** Every survivor where its vector lies first, and the biases of these lists; without those whose first list there is not. */
function placedFirst(searcher: Searcher, entries: readonly Entry[], { biases, query }: Pass): Entry[] {
  const { columns, dim, bases, lists } = searcher;
  return entries.flatMap((entry) => {
    const { first } = columns[entry.column]!;
    if (first === entry.column) return [entry];
    const list = listOf(columns[first]!, entry.row);
    if (list >= lists) return [];
    if (Number.isNaN(biases[list]!)) biases[list] = rowProduct(query.query.subarray(0, dim), bases!, list);
    return [{ ...entry, column: first, position: entry.row, list }];
  });
}

/** Candidates for the best R, list by list and some rows at a time; counts what is read. */
function* scanColumns(searcher: Searcher, pass: Pass, filters: Filters): Generator<Entry[], void> {
  const { biases, query } = pass;
  for (const [c, column] of searcher.columns.entries()) {
    const { lists, growing, rows } = column;
    const filter = byPosition(filters?.[c] ?? null, rows);
    for (let list = 0; lists !== null && list < searcher.lists; list++) {
      if (Number.isNaN(biases[list]!) || lists[2][list] === 0) continue;
      query.found[2]! += lists[2][list]!;
      yield scanOneList({ ...column, lists }, list, { ...pass, column: c, filter });
    }
    for (let from = 0; growing !== null && from < growing[3].length; from += rowsOfStep)
      yield scanRows(growing, from, { ...pass, column: c, filter });
  }
}

const rowsOfStep = 1024;

interface ColumnPass extends Pass {
  readonly column: number;
  readonly filter: Uint8Array | null;
}

/** The best R of a list. */
function scanOneList(
  { lists: [codes, offsets, counts, firsts], rows, ids, live }: Column & { readonly lists: SearchColumnArrays },
  list: number,
  { table, biases, query, column, filter }: ColumnPass,
): Entry[] {
  const { wanted, threshold } = query;
  const header = Float64Array.of(...table.scale, threshold, biases[list]!);
  const [places, scores, found] = [new Uint32Array(2 * wanted), new Float64Array(wanted), Uint32Array.of(wanted)];
  const own = <T extends { subarray(from: number, to: number): T }>(all: T): T => all.subarray(list, list + 1);
  scanLists(
    ...([codes, own(offsets), own(counts), own(firsts), live, filter, ids, table.levels, header] as const),
    ...([places, scores, new Float64Array(4 * (2 * wanted + 1)), new Uint8Array(0), found, new Uint8Array(1)] as const),
  );
  return Array.from({ length: found[0]! }, (_, i) => {
    const position = places[i]!;
    const row = rows?.[position] ?? position;
    return { column, list, position, row, id: ids[position]!, score: scores[i]! };
  });
}

/** Rows of lists that are read, whose score is not below the threshold. */
function scanRows(
  [codes, factors, lists, ids]: RowColumnArrays,
  from: number,
  { table, biases, query, column, filter }: ColumnPass,
): Entry[] {
  const [unit, , anchorWeight] = table.scale;
  const pairs = codes.length / ids.length;
  const entries: Entry[] = [];
  for (let row = from; row < Math.min(from + rowsOfStep, ids.length); row++) {
    const bias = biases[lists[row]!] ?? NaN;
    if (!isLive(filter, row) || Number.isNaN(bias)) continue;
    query.found[2]! += 1;
    const sum = sumOfCode(codes, row * pairs, 1, table);
    const score = (factors[2 * row]! * sum + factors[2 * row + 1]! * anchorWeight!) * unit! + bias;
    if (score >= query.threshold) entries.push({ column, list: lists[row]!, position: row, row, id: ids[row]!, score });
  }
  return entries;
}

function refine(searcher: Searcher, survivors: Entry[], pass: Pass & Stages): Entry[] {
  const { table, biases, query, hasSecond, isExact } = pass;
  const isLearned = searcher.scanWords !== null;
  const scoreBoth = (entry: Entry): void => {
    entry.score = orWorst(exactScore(searcher.columns[entry.column]!, entry, table, biases));
  };
  if (hasSecond && isLearned) survivors.forEach(scoreBoth);
  else if (hasSecond) scoreSecond(searcher, survivors, pass);
  const refined = survivors.sort(better).slice(0, query.refined);
  const vector = query.query.subarray(0, searcher.dim);
  if (isExact)
    for (const entry of refined) entry.score = orWorst(vectorScore(searcher.columns[entry.column]!, entry, vector));
  // Beside learned words every survivor has that score already.
  else if (!isLearned) refined.forEach(scoreBoth);
  return refined.sort(better);
}

function scoreSecond(searcher: Searcher, survivors: readonly Entry[], { table, biases }: Pass): void {
  const levelSum = table.queryLevels.reduce((sum, level) => sum + level, 0);
  const step = table.scale[0]! / searcher.scales[0]!;
  for (const entry of survivors) {
    const { ids, records } = searcher.columns[entry.column]!;
    const size = records!.length / ids.length;
    const record = records!.subarray(entry.position * size, (entry.position + 1) * size);
    const terms = secondTerms(record, { ...table, levels: table.queryLevels, levelSum });
    const first = step * levelsOf(searcher.columns[entry.column]!, entry, table);
    entry.score = orWorst(terms.rescale * (first + terms.second) + terms.shift + biases[entry.list]!);
  }
}

/** ⟨q, x⟩. */
function vectorScore({ vectors }: Column, { row }: Entry, query: Float32Array): number {
  const dim = query.length;
  const vector = new Float32Array(dim);
  toFloat32(vectors!.subarray(row * dim, (row + 1) * dim), vector);
  return rowProduct(query, vector, 0);
}

function orWorst(score: number): number {
  return Number.isNaN(score) ? -Infinity : score;
}

/** offset + the sum of the code's levels. */
function levelsOf({ lists, growing }: Column, entry: Entry, table: Table): number {
  const pairs = table.levels.length / 32;
  if (lists === null) return sumOfCode(growing![0], entry.position * pairs, 1, table);
  const [codes, offsets, counts, firsts] = lists;
  const { code, width } = placeOf(pairs, counts[entry.list]!, entry.position - firsts[entry.list]!);
  return sumOfCode(codes, Number(offsets[entry.list]!) + code, width, table);
}

/** Of the code whose bytes are at `start` and every `width` further on. */
function sumOfCode(codes: Uint8Array, start: number, width: number, { levels, scale }: Table): number {
  let sum = scale[1]!;
  for (let p = 0; p < levels.length / 32; p++) {
    const byte = codes[start + p * width]!;
    sum += levels[32 * p + (byte & 15)]! + levels[32 * p + 16 + (byte >> 4)]!;
  }
  return sum;
}

function exactScore({ lists, growing, records }: Column, entry: Entry, table: Table, biases: Float64Array): number {
  const scores = new Float64Array(1);
  const [codes, offsets, counts, firsts] = lists ?? rowAsList(growing!, entry, table);
  const size = recordBytes(table.dim, table.kind);
  const isRow = lists === null;
  const own = isRow ? records!.subarray(entry.position * size, (entry.position + 1) * size) : records!;
  scoreSurvivors(
    ...([table.tables, table.queryLevels, table.halfUnit, table.dim] as const),
    ...([codes, offsets, counts, firsts, isRow ? Float64Array.of(biases[entry.list]!) : biases, own] as const),
    ...([Uint32Array.of(isRow ? 0 : entry.position), Uint32Array.of(isRow ? 0 : entry.list)] as const),
    ...([scores, new Uint8Array(1), table.kind] as const),
  );
  return scores[0]!;
}

/** The list that a row would be alone. */
function rowAsList(
  [codes, factors]: RowColumnArrays,
  { position }: Entry,
  { levels }: Table,
): [Uint8Array, BigUint64Array, Uint32Array, Uint32Array] {
  const pairs = levels.length / 32;
  const blocks = new Uint8Array(32 * (pairs + 4));
  const code = codes.subarray(position * pairs, (position + 1) * pairs);
  packBlocks(code, factors.subarray(2 * position, 2 * position + 2), pairs, blocks);
  return [blocks, BigUint64Array.of(0n), Uint32Array.of(1), Uint32Array.of(0)];
}

function writeAnswer({ columns }: Searcher, best: readonly Entry[], { ids, scores, places, found }: Query): void {
  const room = scores.length;
  best.forEach((entry, i) => {
    ids[i] = entry.id;
    scores[i] = entry.score;
    places[i] = columns[entry.column]!.first;
    places[room + i] = entry.row;
    places[2 * room + i] = entry.list;
  });
  found[1] = best.length;
}
