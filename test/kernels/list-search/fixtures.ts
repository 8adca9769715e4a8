/** Searchers over random lists and rows, and searches of the native kernels, their reference and their twin side by side. */
import assert from 'node:assert/strict';
import type { Random } from '../../../base/random.js';
import { codeCentroids } from '../../../kernels/centroid-codes.js';
import { recordBytes } from '../../../kernels/codes.js';
import { floatOfHalf, toFloat16 } from '../../../kernels/float16/portable.js';
import type { ScanParameters } from '../../../kernels/list-search.js';
import type { NativeKernels, RowColumnArrays, SearchColumnArrays } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bytesOfList, codebookOf, randomLists, scales } from '../coded.js';
import { normals, onBoth, testRandom } from '../pair.js';

export const sizes = [0, 1, 31, 32, 33, 64, 65, 96, 130];

export interface Index {
  readonly dim: number;
  readonly dsub: number;
  /** Of second codes; 4 unless given. */
  readonly bits?: number;
  readonly words: Float32Array;
  readonly lists: number;
  readonly bases: Float32Array;
  readonly centroids: Float32Array;
  /** Whether lists are chosen by codes of their centroids. */
  readonly isRouted?: boolean;
  readonly columns: readonly SearchColumnArrays[];
  /** What is learned apart from the codes. */
  readonly scan?: ScanParameters;
  /** Behind the columns. */
  readonly rowColumns?: readonly RowColumnArrays[];
  /** The further lists of columns, by their numbers: behind all of these. */
  readonly further?: readonly (readonly [first: number, column: SearchColumnArrays | RowColumnArrays])[];
}

export interface Asked {
  readonly queries?: number;
  readonly nprobe?: number;
  readonly candidates?: number;
  readonly wanted?: number;
  readonly refined?: number;
  readonly k?: number;
  readonly threshold?: number;
  readonly last?: number;
  readonly probes?: readonly number[];
  readonly biases?: readonly number[];
  readonly filters?: readonly (Uint8Array | null)[];
  readonly cancel?: Uint8Array;
  readonly threads?: number;
}

export interface Answer {
  /** 0, or −1 when it was stopped. */
  readonly done: number;
  readonly probes: Uint32Array;
  readonly biases: Float64Array;
  readonly ids: BigUint64Array;
  readonly scores: Float64Array;
  readonly places: Uint32Array;
  readonly found: Float64Array;
}

/** Two columns by default, of the same lists in another order of sizes; records are random bytes with factors that are numbers. */
export function indexOf(
  random: Random,
  dim: number,
  rest: { dsub?: number; columns?: number; values?: number; bits?: number } = {},
): Index {
  const { dsub = dim === 1 ? 1 : 4, columns = 2, values, bits = 4 } = rest;
  const subquantizers = Math.ceil(dim / dsub);
  const lists = sizes.length;
  return {
    ...{ dim, dsub, lists, bits, words: codebookOf(random, { subquantizers, dsub }) },
    bases: normals(random, lists * dim, dim),
    centroids: normals(random, lists * dim, dim),
    columns: Array.from({ length: columns }, (_, c) => {
      const turned = [...sizes.slice(c), ...sizes.slice(0, c)];
      const made = randomLists(random, subquantizers, turned, values);
      const rows = turned.reduce((sum, size) => sum + size, 0);
      const ids = BigUint64Array.from({ length: rows }, (_, row) => BigInt((rows - row) * columns + c));
      const records = recordsOf(random, rows, subquantizers * dsub, bits);
      const vectors = halves(normals(random, rows * dim, dim));
      return [made.codes, made.offsets, made.counts, made.firsts, ids, records, null, vectors, null];
    }),
  };
}

export function recordsOf(random: Random, rows: number, dim: number, bits = 4): Uint8Array {
  const size = recordBytes(dim, bits);
  const records = Uint8Array.from({ length: rows * size }, () => random.below(256));
  for (let row = 0; row < rows; row++) records.set([0x11, 0x20 + random.below(8), 0, 0x3c, 7, 0xa0], row * size);
  return records;
}

/** The search of one set of kernels. */
export async function run(kernels: NativeKernels, index: Index, asked: Asked, isAsync = false): Promise<Answer> {
  const { dim, lists } = index;
  const { queries = 1, nprobe = lists, candidates = 0, wanted = 40, k = 10, threshold = -Infinity, last = 4 } = asked;
  const { threads = 1 } = asked;
  const refined = asked.refined ?? 2 * k;
  const searcher = kernels.openSearcher(
    ...([index.words, index.dsub, scales, dim, lists, index.bases, index.centroids, index.bits ?? 4] as const),
  );
  if (index.isRouted === true) {
    const { codebook, blocks, rows, rowScales } = codeCentroids(index.centroids, dim);
    const { words, dsub, rescale, anchor } = codebook;
    kernels.routeWith(searcher, words, dsub, Float64Array.of(rescale, anchor), blocks, rows, rowScales);
  }
  if (index.scan !== undefined) kernels.scanWith(searcher, index.scan.words, index.scan.adapter, index.scan.listBiases);
  for (const column of index.columns) kernels.addSearchColumn(searcher, ...column);
  for (const column of index.rowColumns ?? []) kernels.addRowColumn(searcher, ...column);
  for (const [first, column] of index.further ?? []) {
    if (column.length === 9) kernels.addSearchColumn(searcher, ...column);
    else kernels.addRowColumn(searcher, ...column);
    kernels.setFirstColumn(searcher, first);
  }
  const vectors = normals(testRandom(), queries * dim, dim);
  const own = {
    probes: new Uint32Array(queries * nprobe).map((_, i) => asked.probes?.[i % nprobe] ?? i % nprobe),
    biases: new Float64Array(queries * nprobe).map((_, i) => asked.biases?.[i % nprobe] ?? 0),
    ids: new BigUint64Array(queries * k),
    scores: new Float64Array(queries * k),
    places: new Uint32Array(queries * 3 * k),
    found: new Float64Array(queries * 3),
  };
  const parameters = Float64Array.of(queries, nprobe, candidates, wanted, refined, k, threshold);
  const all = Float64Array.of(...parameters, asked.biases === undefined ? 0 : 1, last, threads - 1);
  const work = new Uint8Array(kernels.searchWorkBytes(searcher, wanted, threads));
  const { probes, biases, ids, scores, places, found } = own;
  const scratch = kernels.openScratch(queries, all, vectors, probes, biases, ids, scores, places, found, work);
  const filters = asked.filters ?? null;
  const done = isAsync
    ? await kernels.searchAsync(searcher, scratch, filters, asked.cancel ?? new Uint8Array(1))
    : kernels.search(searcher, scratch, filters);
  kernels.closeSearcher(searcher);
  return { done, ...own };
}

export function halves(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  toFloat16(values, bits);
  return bits;
}

export function productOf(query: Float32Array, vectors: Uint16Array, row: number): number {
  return query.reduce((sum, value, j) => sum + value * floatOfHalf(vectors[row * query.length + j]!), 0);
}

/** What the reference, the kernels under test and the portable twin find alike. */
export async function agree(index: Index, asked: Asked = {}): Promise<Answer> {
  const { expected, actual } = await onBoth((kernels) => run(kernels, index, asked));
  assert.deepEqual(actual, expected);
  assert.deepEqual(await run(portableKernels, index, asked), expected, 'the portable twin');
  return expected;
}

/** A column of lists as rows, those of all lists mixed, each with the id and record that it has there. */
export function rowsOf(
  { columns, dim, dsub }: Index,
  c: number,
  mix = (a: number): number => (a * 7919) % 1009,
): RowColumnArrays {
  const [codes, offsets, counts, firsts, ids, records] = columns[c]!;
  const pairs = (Math.ceil(Math.ceil(dim / dsub) / 4) * 4) / 2;
  const of = (position: number): number =>
    counts.findIndex((count, l) => position < firsts[l]! + count && position >= firsts[l]!);
  const order = [...ids.keys()].sort((a, b) => mix(a) - mix(b) || a - b);
  const rows = { codes: new Uint8Array(ids.length * pairs), factors: new Int16Array(2 * ids.length) };
  const unpacked = [...counts].map((count, list) => {
    const own = { codes: new Uint8Array(count * pairs), factors: new Int16Array(2 * count) };
    const start = Number(offsets[list]!);
    portableKernels.unpackBlocks(
      own.codes,
      own.factors,
      pairs,
      codes.subarray(start, start + bytesOfList(pairs, count)),
    );
    return own;
  });
  const size = records!.length / ids.length;
  const own = new Uint8Array(records!.length);
  order.forEach((position, row) => {
    const list = of(position);
    const at = position - firsts[list]!;
    rows.codes.set(unpacked[list]!.codes.subarray(at * pairs, (at + 1) * pairs), row * pairs);
    rows.factors.set(unpacked[list]!.factors.subarray(2 * at, 2 * at + 2), 2 * row);
    own.set(records!.subarray(position * size, (position + 1) * size), row * size);
  });
  const lists = Uint32Array.from(order, of);
  return [rows.codes, rows.factors, lists, BigUint64Array.from(order, (position) => ids[position]!), own];
}
