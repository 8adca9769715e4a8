/**
 * An index of inverted lists over one column of codes: what a segment holds, without documents around it. Rows are rounded
 * to half precision before they are coded, as documents are.
 */
import { alignedBytes } from '../../../../kernels/aligned-bytes.js';
import { encodeSecond, encodeVectors, packList, type Lists } from '../../../../kernels/codes.js';
import { assignNearest, toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import {
  coarseTable,
  openSearcher,
  type ListSearcher,
  type SearchRequest,
  type SearchScratch,
} from '../../../../kernels/list-search.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
import { listCountOf, type Structure } from '../../../../vector-index/codebook/structure.js';
import { joined } from '../search-parts.js';
import type { FloatRows } from './npy-file.js';

export interface ListIndexParts {
  /**
   * Vectors are compared themselves in the end, and lie in two lists where the structure names lists around each; else there is a second code,
   * which belongs to one list.
   */
  readonly hasCopies: boolean;
  readonly structure: Structure;
  readonly codebook: ListCodebook;
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
export const queriesAtOnce = 2_048;

export class ListIndex {
  readonly #codebook: ListCodebook;
  readonly #searcher: ListSearcher;
  readonly #lists: number;
  /** The row of the base of every place that is answered; null where places are rows. */
  readonly #rows: Uint32Array | null;
  #scratch: SearchScratch | null = null;
  #request: SearchRequest | null = null;
  #options: ListQueryOptions | null = null;

  constructor(base: FloatRows, { structure, codebook, hasCopies }: ListIndexParts) {
    const { dim, count } = base;
    if (dim !== codebook.subquantizers * codebook.dsub) throw new Error(`lists of ${dim} values are not measured`);
    this.#codebook = codebook;
    this.#lists = listCountOf(structure);
    const halves = alignedHalves(base.values);
    const rounded = toFloat32(halves);
    const members = membersOf(rounded, structure, hasCopies);
    const rows = Uint32Array.from(members.flatMap((own) => [...own]));
    this.#rows = hasCopies ? null : rows;
    const coded = members.map((own, list) => this.#encodeList(rounded, own, { list, hasRecords: !hasCopies }));
    const lists = columnOf(coded, members);
    this.#searcher = openSearcher({
      ...{ codebook, dim, lists: this.#lists, bases: codebook.bases },
      coarse: coarseTable(structure.routing ?? structure.centroids, dim),
      columns: [
        {
          ...{ lists, live: null, rows: hasCopies ? rows : null, vectors: hasCopies ? halves : null },
          ids: hasCopies
            ? BigUint64Array.from({ length: count }, (_, row) => BigInt(row))
            : BigUint64Array.from(rows, BigInt),
          records: hasCopies ? null : joined(coded.map(({ records }) => records)),
        },
      ],
    });
  }

  /** From now on searches go by `options`. */
  configure(options: ListQueryOptions): void {
    const { survivors, exact, k } = options;
    const nprobe = Math.min(options.nprobe, this.#lists);
    const wanted = Math.max(survivors, exact, k);
    this.#options = options;
    this.#scratch = this.#searcher.scratch({ queries: queriesAtOnce, nprobe, wanted, k });
    this.#request = {
      ...{ queries: 1, nprobe, candidates: nprobe, hasBiases: false, wanted, k },
      ...{ refined: exact > 0 ? Math.max(exact, k) : 2 * k + 16, threshold: -Infinity },
      last: exact > 0 ? 'exact' : survivors > 0 ? 'second' : 'first',
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
    for (let q = 0; q < count; q++) this.#readAnswer(scratch, q, ids.subarray(q * options.k, (q + 1) * options.k));
  }

  /** As `search` of one query, which reads `lists`, each once, at most nprobe of them. */
  searchLists(query: Float32Array, lists: Uint32Array, ids: Int32Array): void {
    const [scratch, request] = [this.#scratch, this.#request];
    if (scratch === null || request === null) throw new Error('the index is not configured');
    scratch.queries.set(query);
    scratch.probes.set(lists);
    this.#searcher.search(scratch, { ...request, nprobe: lists.length, candidates: 0 });
    this.#readAnswer(scratch, 0, ids);
  }

  /** Rows that query `q` of the scratch found, best first; what is not found stays as it is. */
  #readAnswer(scratch: SearchScratch, q: number, ids: Int32Array): void {
    const from = (3 * q + 1) * scratch.sizes.k;
    const positions = scratch.places.subarray(from, from + scratch.found[3 * q + 1]!);
    for (let i = 0; i < positions.length; i++) {
      ids[i] = this.#rows === null ? positions[i]! : this.#rows[positions[i]!]!;
    }
  }

  close(): void {
    this.#searcher.close();
  }

  #encodeList(values: Float32Array, rows: Uint32Array, { list, hasRecords }: { list: number; hasRecords: boolean }) {
    const { dim, bases, anchors, subquantizers } = this.#codebook;
    const points = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => points.set(values.subarray(row * dim, (row + 1) * dim), i * dim));
    const part = (table: Float32Array) => table.subarray(list * dim, (list + 1) * dim);
    const of = { base: part(bases), anchor: part(anchors) };
    const coded = encodeVectors(this.#codebook, points, of);
    const records = hasRecords ? encodeSecond(this.#codebook, points, { ...of, ...coded }) : new Uint8Array(0);
    return { blocks: packList(subquantizers, coded), records };
  }
}

/** The rows of every list, ascending. */
function membersOf(values: Float32Array, structure: Structure, hasCopies: boolean): Uint32Array[] {
  const { centroids, dim } = structure;
  const { assignments: firsts } = assignNearest(values, centroids, dim);
  const members: number[][] = Array.from({ length: listCountOf(structure) }, () => []);
  const seconds = hasCopies && structure.around !== undefined ? secondLists(structure, values, firsts) : firsts;
  firsts.forEach((list, row) => {
    members[list]!.push(row);
    if (seconds[row] !== list) members[seconds[row]!]!.push(row);
  });
  return members.map((rows) => Uint32Array.from(rows));
}

/** As the columns of a segment lie in memory. */
function alignedHalves(values: Float32Array): Uint16Array {
  const { buffer, byteOffset } = alignedBytes(2 * values.length);
  return toFloat16(values, new Uint16Array(buffer, byteOffset, values.length));
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
  const codes = alignedBytes(end);
  blocks.forEach(({ blocks: bytes }, list) => codes.set(bytes, Number(offsets[list])));
  return { codes, offsets, counts: Uint32Array.from(members, (rows) => rows.length), firsts };
}
