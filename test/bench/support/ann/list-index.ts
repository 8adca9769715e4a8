/**
 * An index of inverted lists over one column of codes: what a segment holds, without documents around it. Rows are rounded
 * to half precision before they are coded, as documents are.
 */
import { encodeSecond, encodeVectors, packList, recordBytes, type Lists } from '../../../../kernels/codes.js';
import { assignNearest, scoreDense, toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import {
  coarseTable,
  openSearcher,
  type ListSearcher,
  type SearchRequest,
  type SearchScratch,
} from '../../../../kernels/list-search.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import { listCountOf, type Structure } from '../../../../vector-index/codebook/structure.js';
import type { FloatRows } from './npy-file.js';

export interface ListIndexParts {
  readonly structure: Structure;
  readonly codebook: ListCodebook;
  /** float32[lists, dim]: what queries are compared with to choose lists; documents go by the structure's centroids. */
  readonly routing: Float32Array;
}

export interface ListQueryOptions {
  readonly nprobe: number;
  /** Vectors that the second code is read for; 0 = none is, the first decides. */
  readonly survivors: number;
  /** Of these, so many are compared exactly; 0 = none. */
  readonly exact: number;
  readonly k: number;
}

const blockAlignment = 64;
/** Queries of one call. */
export const queriesAtOnce = 64;

export class ListIndex {
  readonly #codebook: ListCodebook;
  readonly #searcher: ListSearcher;
  readonly #lists: number;
  /** Rows of the base by position. */
  readonly #rows: Uint32Array;
  readonly #halves: Uint16Array;
  #scratch: SearchScratch | null = null;
  #request: SearchRequest | null = null;
  #options: ListQueryOptions | null = null;

  constructor(base: FloatRows, { structure, codebook, routing }: ListIndexParts) {
    const { dim, count } = base;
    if (dim !== codebook.subquantizers * codebook.dsub) throw new Error(`lists of ${dim} values are not measured`);
    this.#codebook = codebook;
    this.#lists = listCountOf(structure);
    this.#halves = toFloat16(base.values);
    const rounded = toFloat32(this.#halves);
    const members = membersOf(rounded, structure);
    const coded = members.map((rows, list) => this.#encodeList(rounded, rows, list));
    const lists = columnOf(coded, members);
    this.#rows = new Uint32Array(count);
    const records = new Uint8Array(count * recordBytes(dim));
    members.forEach((rows, list) => {
      this.#rows.set(rows, lists.firsts[list]);
      records.set(coded[list]!.records, lists.firsts[list]! * recordBytes(dim));
    });
    const ids = BigUint64Array.from(this.#rows, BigInt);
    this.#searcher = openSearcher({
      ...{ codebook, dim, lists: this.#lists, bases: codebook.bases },
      coarse: coarseTable(routing, dim),
      columns: [{ lists, ids, records, live: null }],
    });
  }

  /** From now on searches go by `options`. */
  configure(options: ListQueryOptions): void {
    const { survivors, exact, k } = options;
    const nprobe = Math.min(options.nprobe, this.#lists);
    const found = Math.max(exact, k);
    const wanted = Math.max(survivors, found);
    this.#options = options;
    this.#scratch = this.#searcher.scratch({ queries: queriesAtOnce, nprobe, wanted, k: found });
    this.#request = {
      ...{ queries: 1, nprobe, candidates: Math.min(2 * nprobe, this.#lists), hasBiases: false, wanted, k: found },
      ...{ refined: Math.min(2 * found + 16, wanted), threshold: -Infinity, last: survivors > 0 ? 'second' : 'first' },
    };
  }

  /** The rows of the base that are nearest to each of `queries` float32[1 .. queriesAtOnce, dim], into `ids` int32[queries, k]. */
  search(queries: Float32Array, ids: Int32Array): void {
    const [scratch, request, options] = [this.#scratch, this.#request, this.#options];
    if (scratch === null || request === null || options === null) throw new Error('the index is not configured');
    const { dim } = this.#codebook;
    const count = queries.length / dim;
    scratch.queries.set(queries);
    this.#searcher.search(scratch, { ...request, queries: count });
    for (let q = 0; q < count; q++) {
      const from = (3 * q + 1) * request.k;
      const positions = scratch.places.subarray(from, from + scratch.found[3 * q + 1]!);
      const query = queries.subarray(q * dim, (q + 1) * dim);
      const own = ids.subarray(q * options.k, (q + 1) * options.k);
      if (options.exact > 0) own.set(this.#exact(query, positions, options.k));
      else for (let i = 0; i < positions.length; i++) own[i] = this.#rows[positions[i]!]!;
    }
  }

  close(): void {
    this.#searcher.close();
  }

  #exact(query: Float32Array, positions: Uint32Array, k: number): Uint32Array {
    const rows = positions.map((position) => this.#rows[position]!);
    return rowsByScore(rows, scoreDense(this.#halves, query.length, query, rows), k);
  }

  #encodeList(values: Float32Array, rows: Uint32Array, list: number) {
    const { dim, bases, anchors, subquantizers } = this.#codebook;
    const points = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => points.set(values.subarray(row * dim, (row + 1) * dim), i * dim));
    const part = (table: Float32Array) => table.subarray(list * dim, (list + 1) * dim);
    const of = { base: part(bases), anchor: part(anchors) };
    const coded = encodeVectors(this.#codebook, points, of);
    const records = encodeSecond(this.#codebook, points, { ...of, ...coded });
    return { blocks: packList(subquantizers, coded), records };
  }
}

/** The first k of `items`, larger scores first, equal ones by smaller item. */
function rowsByScore(items: Uint32Array, scores: Float32Array, k: number): Uint32Array {
  const least = scores.length <= k ? -Infinity : scores.slice().sort()[scores.length - k]!;
  const best: number[] = [];
  for (let i = 0; i < items.length; i++) if (scores[i]! >= least) best.push(i);
  best.sort((a, b) => scores[b]! - scores[a]! || items[a]! - items[b]!);
  return Uint32Array.from(best.slice(0, k), (i) => items[i]!);
}

/** The rows of every list, ascending. */
function membersOf(values: Float32Array, { centroids, dim }: Structure): Uint32Array[] {
  const { assignments: lists } = assignNearest(values, centroids, dim);
  const members: number[][] = Array.from({ length: centroids.length / dim }, () => []);
  lists.forEach((list, row) => members[list]!.push(row));
  return members.map((rows) => Uint32Array.from(rows));
}

function columnOf(blocks: readonly { readonly blocks: Uint8Array }[], members: readonly Uint32Array[]): Lists {
  const offsets = new BigUint64Array(blocks.length);
  const firsts = new Uint32Array(blocks.length);
  let end = 0;
  let first = 0;
  blocks.forEach(({ blocks: bytes }, list) => {
    offsets[list] = BigInt(end);
    firsts[list] = first;
    end += Math.ceil(bytes.length / blockAlignment) * blockAlignment;
    first += members[list]!.length;
  });
  const codes = new Uint8Array(end);
  blocks.forEach(({ blocks: bytes }, list) => codes.set(bytes, Number(offsets[list])));
  return { codes, offsets, counts: Uint32Array.from(members, (rows) => rows.length), firsts };
}
