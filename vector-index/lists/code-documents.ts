/**
 * The documents of one record under the structure that an index has: the list of each passage, and its codes, coded together.
 *
 * Who routed a document may have known an older structure only: then the list is chosen here, from the vector as it is kept.
 */
import { codeBytes, recordBytes } from '../../kernels/codes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import type { IndexDocument } from '../document.js';
import { groupByList } from './group-by-list.js';
import type { ListCoder } from './list-coder.js';

/** One row's codes: views of what was made for the whole record. */
export interface RowCode {
  /** uint8[codeBytes] */
  readonly code: Uint8Array;
  /** int16[2] */
  readonly factors: Int16Array;
  /** uint8[recordBytes] */
  readonly record: Uint8Array;
}

export interface CodedDocument {
  readonly document: IndexDocument;
  /** Null where the document has no vector. */
  readonly code: RowCode | null;
}

/** `documents` with their lists under the structure of `coder`, and their codes, in their order. */
export function codeDocuments(coder: ListCoder, documents: readonly IndexDocument[]): CodedDocument[] {
  const points = roundedVectors(coder.dim, documents);
  const placed = placeDocuments(coder, documents, points);
  const lists = Uint32Array.from(placed, ({ list }) => list);
  const codes: (RowCode | null)[] = documents.map(() => null);
  for (const { list, positions } of groupByList(lists, (at) => documents[at]!.dense !== null)) {
    const rows = rowsAt(points, coder.dim, positions);
    const coded = coder.encode(list, rows);
    const records = coder.encodeSecond(list, rows, coded);
    const [code, record] = [codeBytes(coder.subquantizers), recordBytes(coder.codedDim)];
    positions.forEach((at, i) => {
      codes[at] = {
        code: coded.codes.subarray(i * code, (i + 1) * code),
        factors: coded.factors.subarray(2 * i, 2 * i + 2),
        record: records.subarray(i * record, (i + 1) * record),
      };
    });
  }
  return placed.map((document, at) => ({ document, code: codes[at]! }));
}

/** float32[documents, dim]: the vectors as they are kept; zeros where there is none. */
function roundedVectors(dim: number, documents: readonly IndexDocument[]): Float32Array {
  const points = new Float32Array(documents.length * dim);
  documents.forEach(({ dense }, at) => {
    if (dense !== null) points.set(dense, at * dim);
  });
  return toFloat32(toFloat16(points));
}

/** The documents with the lists that they have under the structure of `coder`. */
function placeDocuments(
  coder: ListCoder,
  documents: readonly IndexDocument[],
  points: Float32Array,
): readonly IndexDocument[] {
  const isOlder = ({ structureVersion = 0 }: IndexDocument): boolean => structureVersion < coder.structureVersion;
  if (!documents.some(isOlder)) return documents;
  const positions = Uint32Array.from(documents.keys()).filter((at) => isOlder(documents[at]!));
  const assigned = coder.assign(rowsAt(points, coder.dim, positions));
  const lists = new Map<number, number>();
  // What has no vector is in list 0, as where documents are routed.
  positions.forEach((at, i) => lists.set(at, documents[at]!.dense === null ? 0 : assigned[i]!));
  let home: { readonly docId: bigint; readonly list: number } | null = null;
  return documents.map((document, at) => {
    const list = lists.get(at);
    if (list === undefined) return document;
    if (document.passage === 0) home = { docId: document.docId, list };
    return { ...document, list, home: home?.docId === document.docId ? home.list : document.home };
  });
}

/** float32[positions, dim] */
function rowsAt(points: Float32Array, dim: number, positions: Uint32Array): Float32Array {
  const rows = new Float32Array(positions.length * dim);
  positions.forEach((at, i) => rows.set(points.subarray(at * dim, (at + 1) * dim), i * dim));
  return rows;
}
