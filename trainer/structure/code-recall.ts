/**
 * What codes are worth: the share of the true neighbours of held-out queries that is left for the exact scores when every list is read, by
 * the passes of a search (vector-index/search/survivors.ts). Lists make up for what codes lose, as far as they can.
 */
import { codeBytes, encodeBatch, recordBytes } from '../../kernels/codes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { openSearcher, type RowColumn } from '../../kernels/list-search.js';
import { atAnchorLength } from '../../vector-index/lists/query-length.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { firstSurvivors, secondSurvivors } from '../../vector-index/search/survivors.js';
import { gatherRows } from '../rows.js';
import type { HeldOut } from './held-out.js';

const neighbours = 10;
/** Vectors that are coded for it, the neighbours among them. */
const codedMax = 100_000;
/** Vectors that are coded at once. */
const rowsAtOnce = 4_096;

export interface CodedSample {
  /** Version and routes do not matter. */
  readonly structure: ListStructure;
  /** float32[n, dim], and uint32[n]: the list of each. */
  readonly vectors: Float32Array;
  readonly lists: Uint32Array;
}

/** Of each of `heldOut`; 1 where there is nothing to find. Blocks the thread for a second or two. */
export function codeRecalls(heldOut: readonly HeldOut[], sample: CodedSample): number[] {
  const coder = new ListCoder(sample.structure);
  const rows = rowsFor(heldOut, sample.lists.length);
  const column = codedRows(coder, sample, rows);
  const { codebook, dim, listCount } = coder;
  const searcher = openSearcher({
    ...{ codebook, dim, lists: listCount, bases: codebook.bases, coarse: null },
    columns: [column],
  });
  const [wanted, k] = [firstSurvivors(neighbours), secondSurvivors(neighbours)];
  const scratch = searcher.scratch({ queries: 1, nprobe: listCount, wanted, k });
  const left = (query: Float32Array): ReadonlySet<number> => {
    scratch.queries.set(atAnchorLength(query, codebook));
    for (let list = 0; list < listCount; list++) scratch.probes[list] = list;
    searcher.search(scratch, {
      ...{ queries: 1, nprobe: listCount, candidates: 0, hasBiases: false, wanted, refined: k, k },
      ...{ threshold: -Infinity, last: 'second' },
    });
    return new Set(Array.from(scratch.ids.subarray(0, scratch.found[1]), Number));
  };
  try {
    return heldOut.map((own) => shareOf(own, left));
  } finally {
    searcher.close();
  }
}

function shareOf({ queries, rows }: HeldOut, left: (query: Float32Array) => ReadonlySet<number>): number {
  let [found, all] = [0, 0];
  queries.forEach((query, i) => {
    const survivors = left(query);
    for (const row of rows[i]!) found += survivors.has(row) ? 1 : 0;
    all += rows[i]!.length;
  });
  return all === 0 ? 1 : found / all;
}

/** uint32, ascending: all neighbours, and others evenly from `count` rows. */
function rowsFor(heldOut: readonly HeldOut[], count: number): Uint32Array {
  const rows = new Set(heldOut.flatMap((own) => own.rows.flatMap((each) => [...each])));
  const step = Math.max(1, count / codedMax);
  for (let at = 0; Math.floor(at) < count; at += step) rows.add(Math.floor(at));
  return Uint32Array.from(rows).sort();
}

/** Ids are numbers of rows. */
function codedRows(coder: ListCoder, { vectors, lists }: CodedSample, rows: Uint32Array): RowColumn {
  const { dim, subquantizers, codedDim, secondKind } = coder;
  const [code, record] = [codeBytes(subquantizers), recordBytes(codedDim, secondKind)];
  const column = {
    codes: new Uint8Array(rows.length * code),
    factors: new Int16Array(rows.length * 2),
    records: new Uint8Array(rows.length * record),
    rowLists: rows.map((row) => lists[row]!),
    ids: BigUint64Array.from(rows, BigInt),
  };
  for (let first = 0; first < rows.length; first += rowsAtOnce) {
    const some = rows.subarray(first, first + rowsAtOnce);
    const points = toFloat32(toFloat16(gatherRows(vectors, dim, some)));
    const coded = encodeBatch(coder.batch(points, column.rowLists.subarray(first, first + rowsAtOnce)));
    column.codes.set(coded.codes, first * code);
    column.factors.set(coded.factors, first * 2);
    column.records.set(coded.records!, first * record);
  }
  return column;
}
