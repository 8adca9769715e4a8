/**
 * The documents of one record under the structure that an index has: the list of each passage, and its codes, coded together.
 *
 * Who routed a document may have known an older structure only: then the list is chosen here, from the vector as it is kept, among all lists
 * or, where lists were but split since, among the parts of the one that it was routed to. Codes are
 * a function of vector, list and codebook, so they do not depend on what is coded beside them, nor on which thread.
 */
import { codeBytes, encodeBatch, encodeBatchAsync, recordBytes, type CodedBatch } from '../../kernels/codes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import type { IndexDocument } from '../document.js';
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

/** `documents` with their lists under the structure of `coder`, and their codes, in their order. Some 4 µs a document on this thread. */
export function codeDocuments(coder: ListCoder, documents: readonly IndexDocument[]): CodedDocument[] {
  const vectors = new RoundedVectors(coder.dim, documents);
  const foreign = vectors.olderThan(coder, 'foreign');
  const assigned = foreign.length === 0 ? noLists : coder.assign(vectors.at(foreign));
  const placed = placeDocuments(documents, listsAgain(coder, documents, vectors, { foreign, assigned }));
  const coded = encodeBatch(coder.batch(vectors.points, listsOf(placed, vectors.positions)));
  return withCodes(coder, placed, { positions: vectors.positions, coded });
}

/** As `codeDocuments`, with what takes long off the event loop. */
export async function codeDocumentsAsync(
  coder: ListCoder,
  documents: readonly IndexDocument[],
): Promise<CodedDocument[]> {
  const vectors = new RoundedVectors(coder.dim, documents);
  const foreign = vectors.olderThan(coder, 'foreign');
  const assigned = foreign.length === 0 ? noLists : await coder.assignAsync(vectors.at(foreign));
  const placed = placeDocuments(documents, listsAgain(coder, documents, vectors, { foreign, assigned }));
  const coded = await encodeBatchAsync(coder.batch(vectors.points, listsOf(placed, vectors.positions)));
  return withCodes(coder, placed, { positions: vectors.positions, coded });
}

const noLists = new Uint32Array(0);

/** The vectors of a record's documents as they are kept: rounded to fp16. */
class RoundedVectors {
  /** uint32[vectors]: which documents have one, ascending. */
  readonly positions: Uint32Array;
  /** float32[vectors, dim] */
  readonly points: Float32Array;
  readonly #dim: number;
  readonly #documents: readonly IndexDocument[];

  constructor(dim: number, documents: readonly IndexDocument[]) {
    this.#dim = dim;
    this.#documents = documents;
    this.positions = Uint32Array.from(documents.keys()).filter((at) => documents[at]!.dense !== null);
    const points = new Float32Array(this.positions.length * dim);
    this.positions.forEach((at, i) => points.set(documents[at]!.dense!, i * dim));
    this.points = toFloat32(toFloat16(points));
  }

  /**
   * The documents, as positions, without a vector or with one, that were routed under an older structure than that of `coder`: a foreign one,
   * or one whose lists were but split since.
   */
  olderThan(coder: ListCoder, which: 'foreign' | 'split'): Uint32Array {
    const isOlder = ({ structureVersion = 0 }: IndexDocument): boolean =>
      structureVersion < coder.structureVersion && (coder.listsAt(structureVersion) === null) === (which === 'foreign');
    if (!this.#documents.some(isOlder)) return noLists;
    return Uint32Array.from(this.#documents.keys()).filter((at) => isOlder(this.#documents[at]!));
  }

  /** float32[positions, dim]: the vectors of documents; zeros where there is none. */
  at(positions: Uint32Array): Float32Array {
    const rows = new Float32Array(positions.length * this.#dim);
    const places = new Map(Array.from(this.positions, (at, i) => [at, i] as const));
    positions.forEach((at, i) => {
      const place = places.get(at);
      if (place === undefined) return;
      rows.set(this.points.subarray(place * this.#dim, (place + 1) * this.#dim), i * this.#dim);
    });
    return rows;
  }
}

function listsOf(documents: readonly IndexDocument[], positions: Uint32Array): Uint32Array {
  return positions.map((at) => documents[at]!.list);
}

/** By position, the list of every document that was routed under an older structure. */
function listsAgain(
  coder: ListCoder,
  documents: readonly IndexDocument[],
  vectors: RoundedVectors,
  { foreign, assigned }: { readonly foreign: Uint32Array; readonly assigned: Uint32Array },
): ReadonlyMap<number, number> {
  const lists = new Map<number, number>();
  // What has no vector is in list 0, as where documents are routed.
  foreign.forEach((at, i) => lists.set(at, documents[at]!.dense === null ? 0 : assigned[i]!));
  const split = vectors.olderThan(coder, 'split');
  for (const at of split) lists.set(at, documents[at]!.list);
  const moving = split.filter((at) => {
    const { dense, list, structureVersion = 0 } = documents[at]!;
    return dense !== null && coder.splits!.isSplitSince(list, coder.listsAt(structureVersion)!);
  });
  if (moving.length === 0) return lists;
  const moved = coder.splits!.assignAgain(vectors.at(moving), listsOf(documents, moving));
  moving.forEach((at, i) => lists.set(at, moved[i]!));
  return lists;
}

/** The documents with the lists that are said for their positions. */
function placeDocuments(
  documents: readonly IndexDocument[],
  lists: ReadonlyMap<number, number>,
): readonly IndexDocument[] {
  if (lists.size === 0) return documents;
  let home: { readonly docId: bigint; readonly list: number } | null = null;
  return documents.map((document, at) => {
    const list = lists.get(at);
    if (list === undefined) return document;
    if (document.passage === 0) home = { docId: document.docId, list };
    return { ...document, list, home: home?.docId === document.docId ? home.list : document.home };
  });
}

function withCodes(
  { subquantizers, codedDim }: ListCoder,
  documents: readonly IndexDocument[],
  { positions, coded }: { readonly positions: Uint32Array; readonly coded: CodedBatch },
): CodedDocument[] {
  const [code, record] = [codeBytes(subquantizers), recordBytes(codedDim)];
  const found: CodedDocument[] = documents.map((document) => ({ document, code: null }));
  positions.forEach((at, i) => {
    const own = {
      code: coded.codes.subarray(i * code, (i + 1) * code),
      factors: coded.factors.subarray(2 * i, 2 * i + 2),
      record: coded.records!.subarray(i * record, (i + 1) * record),
    };
    found[at] = { document: documents[at]!, code: own };
  });
  return found;
}
