/** The columns of the portable twin of list-search.h: what a searcher is over, checked as the native door does. */
import { assert } from '../../base/assert.js';
import type { NativeHandle, NativeKernels, RowColumnArrays, SearchColumnArrays } from '../native-kernels.js';
import { paddedDim, recordBytes } from '../second-code/record.js';
import type { CentroidCodes, CoarseArrays } from './portable-coarse.js';

const ksub = 16;

/** One of the two kinds of columns. */
export interface Column {
  readonly lists: SearchColumnArrays | null;
  readonly growing: RowColumnArrays | null;
  /** The row of each position; null = a position is a row. */
  readonly rows: Uint32Array | null;
  /** By position, as are live bits and records. */
  readonly ids: BigUint64Array;
  readonly live: Uint8Array | null;
  readonly records: Uint8Array | null;
  /** By row. */
  readonly vectors: Uint16Array | null;
  /** The array given. */
  readonly rowIds: BigUint64Array;
  /** The column whose vectors these are in further lists; its own number where they are in their first. */
  first: number;
}

export interface Searcher extends CoarseArrays {
  readonly words: Float32Array | null;
  readonly dsub: number;
  readonly scales: Float64Array;
  readonly bases: Float32Array | null;
  readonly secondKind: number;
  readonly columns: Column[];
  /** What the scan's table is made of instead of words; null = of those. */
  scanWords: Float32Array | null;
  /** float32[dim, dim] */
  adapter: Float32Array | null;
  /** float32[lists]; null = zeros. */
  listBiases: Float32Array | null;
  /** What lists are chosen by; null = centroids. */
  centroidCodes: CentroidCodes | null;
  isClosed: boolean;
}

/** See `NativeKernels.openSearcher`. */
export const openSearcher: NativeKernels['openSearcher'] = (
  ...[words, dsub, scales, dim, lists, bases, centroids, secondKind]
) => {
  const covered = words === null || words.length / ksub >= dim;
  const shaped = [bases, centroids].every((table) => table === null || table.length === lists * dim);
  assert(covered && shaped, 'refused: words cover dim, and there is a base and a centroid for every list');
  const searcher: Searcher = {
    ...{ words, dsub, scales, dim, lists, bases, centroids, secondKind },
    columns: [],
    scanWords: null,
    adapter: null,
    listBiases: null,
    centroidCodes: null,
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
  assert(live === null || live.length === (ids.length + 7) >> 3, 'refused: live has a bit for every row');
  const isWhole = vectors === null || vectors.length === ids.length * searcher.dim;
  assert(isWhole, 'refused: there is a vector for every row');
  addColumn(searcher, {
    ...{ lists: column, growing: null, rows, records, vectors, rowIds: ids },
    ids: rows === null ? ids : BigUint64Array.from(rows, (row) => ids[row]!),
    live: byPosition(live, rows),
  });
};

/** See `NativeKernels.addRowColumn`. */
export const addRowColumn: NativeKernels['addRowColumn'] = (handle, ...column) => {
  const searcher = searcherOf(handle);
  const [codes, factors, lists, ids, records] = column;
  assert(ids.length >= 1 && lists.length === ids.length, 'refused: there is an id for every row, and there are rows');
  const isCoded = codes.length === ids.length * pairsOf(searcher) && factors.length === 2 * ids.length;
  assert(isCoded, 'refused: there are a code and factors for every row');
  const none = { lists: null, rows: null, live: null, vectors: null };
  addColumn(searcher, { ...none, growing: column, ids, rowIds: ids, records });
};

/** See `NativeKernels.setFirstColumn`. */
export const setFirstColumn: NativeKernels['setFirstColumn'] = (handle, number) => {
  const { columns, bases } = searcherOf(handle);
  const [first, further] = [columns[number], columns.at(-1)];
  assert(
    first !== undefined && further !== undefined && first !== further,
    'refused: first is a column before the last',
  );
  assert(bases !== null, 'refused: bases of first lists are read');
  assert(first.first === number && first.rows === null, 'refused: first is a column of first lists');
  assert(further.rowIds === first.rowIds, 'refused: ids are those of the first column');
  let position = 0;
  first.lists?.[2].forEach((count, list) => {
    assert(first.lists![3][list] === position, 'refused: lists lie one behind the other');
    position += count;
  });
  assert(first.lists === null || position === first.ids.length, 'refused: every row is in a list');
  further.first = number;
};

/** See `NativeKernels.scanWith`. */
export const scanWith: NativeKernels['scanWith'] = (handle, words, adapter, listBiases) => {
  const searcher = searcherOf(handle);
  assert(words.length === searcher.words?.length, 'refused: there are as many words as the codes have');
  const isShaped = adapter === null || adapter.length === searcher.dim ** 2;
  assert(isShaped, 'refused: an adapter has dim rows of dim values');
  const isBiased = listBiases === null || listBiases.length === searcher.lists;
  assert(isBiased, 'refused: there is a bias for every list');
  searcher.listBiases = listBiases;
  searcher.scanWords = words;
  searcher.adapter = adapter;
};

/** See `NativeKernels.routeWith`. */
export const routeWith: NativeKernels['routeWith'] = (...[handle, words, dsub, scales, blocks, rows, rowScales]) => {
  const searcher = searcherOf(handle);
  assert(words.length / ksub >= searcher.dim, 'refused: words cover dim');
  const isWhole = rows.length === searcher.lists * paddedDim(searcher.dim) && rowScales.length === searcher.lists;
  assert(isWhole && searcher.centroids !== null, 'refused: there are centroids, and a row for every one');
  searcher.centroidCodes = { words, dsub, scales, blocks, rows, rowScales };
};

function addColumn(searcher: Searcher, column: Omit<Column, 'first'>): void {
  const { ids, records } = column;
  const dim = (searcher.words?.length ?? 0) / ksub;
  const size = recordBytes(dim, searcher.secondKind);
  assert(records === null || records.length === ids.length * size, 'refused: there is a record for every position');
  searcher.columns.push({ ...column, first: searcher.columns.length });
}

function pairsOf({ words, dsub }: Searcher): number {
  return (((words?.length ?? 0) / ksub / dsub + 3) & ~3) / 2;
}

/** The searcher behind `handle`, which is open. */
export function searcherOf(handle: NativeHandle): Searcher {
  const searcher = handle as unknown as Searcher;
  assert(!searcher.isClosed, 'refused: the searcher is closed');
  return searcher;
}

/** The list of a column of first lists that `row` is in. */
export function listOf({ lists, growing }: Column, row: number): number {
  if (lists === null) return growing![2][row]!;
  const [, , counts, firsts] = lists;
  return counts.findIndex((count, list) => row >= firsts[list]! && row < firsts[list]! + count);
}

/** Bits by position of those by row. */
export function byPosition(bits: Uint8Array | null, rows: Uint32Array | null): Uint8Array | null {
  if (bits === null || rows === null) return bits;
  const moved = new Uint8Array((rows.length + 7) >> 3);
  rows.forEach((row, position) => (moved[position >> 3]! |= ((bits[row >> 3]! >> (row & 7)) & 1) << (position & 7)));
  return moved;
}
