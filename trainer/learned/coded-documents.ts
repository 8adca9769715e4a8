/**
 * The documents of a training as shards have them: in lists, with first codes and factors. Which of them does the first scan find, by
 * given parameters?
 *
 * Codes are made by the coder that serves, lists are scanned by the kernel that serves, so what is learned from is what will be read.
 */
import { codeBytes, encodeBatch, packList } from '../../kernels/codes.js';
import { scoreDense, toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { openSearcher, type ListSearcher, type SearchColumn, type SearchScratch } from '../../kernels/list-search.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';
import type { CodeColumns } from './code-gradient.js';
import type { ScanTables } from './scan-parameters.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

/** Vectors that are coded at once. */
const rowsAtOnce = 4_096;
const blockAlignment = 64;

export class CodedDocuments implements CodeColumns {
  readonly coder: ListCoder;
  readonly dim: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly count: number;
  /** uint8[n, codeBytes]: two subquantizers a byte, the lower in the lower half. */
  readonly codes: Uint8Array;
  /** float32[n] each: what a code's sum is multiplied by, and what is added. */
  readonly scales: Float32Array;
  readonly shifts: Float32Array;
  /** uint32[n] */
  readonly lists: Uint32Array;
  /** Half bits [n, dim]: what teachers compare. */
  readonly halves: Uint16Array;
  readonly #column: SearchColumn;

  /** Codes `vectors` float32[n, dim], finite, under `structure`. */
  constructor(structure: ListStructure, vectors: Float32Array, signal?: StopSign) {
    const coder = new ListCoder(structure);
    const { dim, codebook } = coder;
    const count = vectors.length / dim;
    const width = codeBytes(coder.subquantizers);
    this.coder = coder;
    this.dim = dim;
    this.subquantizers = coder.subquantizers;
    this.dsub = coder.dsub;
    this.count = count;
    this.codes = new Uint8Array(count * width);
    this.lists = new Uint32Array(count);
    this.halves = new Uint16Array(count * dim);
    const factors = new Int16Array(2 * count);
    for (let first = 0; first < count; first += rowsAtOnce) {
      refuseStopped(signal);
      const piece = vectors.subarray(first * dim, (first + rowsAtOnce) * dim);
      const halves = toFloat16(piece);
      const points = toFloat32(halves);
      const lists = coder.assign(points);
      const coded = encodeBatch(coder.batch(points, lists, false));
      this.halves.set(halves, first * dim);
      this.lists.set(lists, first);
      this.codes.set(coded.codes, first * width);
      factors.set(coded.factors, 2 * first);
    }
    this.scales = new Float32Array(count);
    this.shifts = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      this.scales[row] = codebook.rescale * factors[2 * row]!;
      this.shifts[row] = codebook.anchor * factors[2 * row + 1]!;
    }
    this.#column = columnOf(this, factors);
  }

  /** A scan of all lists by `tables`, which gives up to `wanted` documents a query. The caller closes it. */
  open(tables: ScanTables, wanted: number): DocumentScan {
    return new DocumentScan(this, tables, { column: this.#column, wanted: Math.min(wanted, this.count) });
  }

  /** float32[rows]: what the teacher says of `rows` for `query` float32[dim]. */
  teacherScores(query: Float32Array, rows: Uint32Array): Float32Array {
    return scoreDense(this.halves, this.dim, query, rows);
  }
}

/** What a scan found, best first. */
export interface Found {
  /** uint32[n] */
  readonly rows: Uint32Array;
  /** float64[lists]: ⟨q, base⟩ of every list, without learned biases; overwritten by the next query. */
  readonly products: Float64Array;
}

/** Every list of `CodedDocuments` read by first codes. */
export class DocumentScan {
  readonly #tables: ScanTables;
  readonly #lists: number;
  readonly #wanted: number;
  readonly #searcher: ListSearcher;
  readonly #router: ListSearcher;
  readonly #scratch: SearchScratch;
  readonly #routes: SearchScratch;
  readonly #products: Float64Array;

  constructor(
    documents: CodedDocuments,
    tables: ScanTables,
    of: { readonly column: SearchColumn; readonly wanted: number },
  ) {
    const { dim, coder } = documents;
    const { codebook, listCount: lists } = coder;
    const { column, wanted } = of;
    this.#tables = tables;
    this.#lists = lists;
    this.#wanted = wanted;
    this.#searcher = openSearcher({
      ...{ codebook: { ...codebook, words: tables.words }, dim, lists, bases: null, coarse: null },
      columns: [column],
    });
    // The products with the bases are those of the query as it is, the table is of the adapted one: two queries, so two searchers.
    this.#router = openSearcher({ codebook: null, dim, lists, bases: tables.bases, coarse: null, columns: [] });
    this.#scratch = this.#searcher.scratch({ queries: 1, nprobe: lists, wanted, k: wanted });
    this.#routes = this.#router.scratch({ queries: 1, nprobe: lists, wanted: 1, k: 1 });
    this.#products = new Float64Array(lists);
  }

  /** The best documents for `query` float32[dim], which the look-up table takes as `adapted` float32[dim]. */
  find(query: Float32Array, adapted: Float32Array): Found {
    const [routes, scratch, wanted] = [this.#routes, this.#scratch, this.#wanted];
    for (let list = 0; list < this.#lists; list++) routes.probes[list] = list;
    routes.queries.set(query);
    const request = { queries: 1, nprobe: this.#lists, candidates: 0, threshold: -Infinity } as const;
    this.#router.search(routes, { ...request, hasBiases: false, wanted: 1, refined: 1, k: 1, last: 'coarse' });
    // The lists come back in the order of their products.
    routes.probes.forEach((list, i) => {
      this.#products[list] = routes.biases[i]!;
      scratch.probes[i] = list;
      scratch.biases[i] = routes.biases[i]! + (this.#tables.biases?.[list] ?? 0);
    });
    scratch.queries.set(adapted);
    this.#searcher.search(scratch, { ...request, hasBiases: true, wanted, refined: wanted, k: wanted, last: 'first' });
    const rows = new Uint32Array(scratch.found[1]!);
    for (let i = 0; i < rows.length; i++) rows[i] = Number(scratch.ids[i]);
    return { rows, products: this.#products };
  }

  /** Idempotent. */
  close(): void {
    this.#searcher.close();
    this.#router.close();
  }
}

function columnOf(documents: CodedDocuments, factors: Int16Array): SearchColumn {
  const { lists: rowLists, codes, coder, count } = documents;
  const width = codeBytes(coder.subquantizers);
  const counts = new Uint32Array(coder.listCount);
  for (const list of rowLists) counts[list]! += 1;
  const firsts = new Uint32Array(counts.length);
  for (let list = 1; list < counts.length; list++) firsts[list] = firsts[list - 1]! + counts[list - 1]!;
  const ends = firsts.slice();
  const order = new Uint32Array(count);
  rowLists.forEach((list, row) => (order[ends[list]!++] = row));
  const blocks = Array.from(counts, (size, list) => {
    const own = { codes: new Uint8Array(size * width), factors: new Int16Array(2 * size) };
    for (let i = 0; i < size; i++) {
      const row = order[firsts[list]! + i]!;
      own.codes.set(codes.subarray(row * width, (row + 1) * width), i * width);
      own.factors.set(factors.subarray(2 * row, 2 * row + 2), 2 * i);
    }
    return packList(coder.subquantizers, own);
  });
  return {
    lists: { ...oneColumn(blocks), counts, firsts },
    ...{ ids: BigUint64Array.from(order, BigInt), records: null, live: null },
  };
}

/** Blocks one behind the other, each at a multiple of 64 bytes. */
function oneColumn(blocks: readonly Uint8Array[]): { readonly codes: Uint8Array; readonly offsets: BigUint64Array } {
  const offsets = new BigUint64Array(blocks.length);
  let end = 0;
  blocks.forEach((bytes, list) => {
    offsets[list] = BigInt(end);
    end += Math.ceil(bytes.length / blockAlignment) * blockAlignment;
  });
  const codes = new Uint8Array(end);
  blocks.forEach((bytes, list) => codes.set(bytes, Number(offsets[list])));
  return { codes, offsets };
}
