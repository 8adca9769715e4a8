/**
 * The documents of one record under the structure that an index has: the list of each passage, its second list where vectors lie in two,
 * and its codes, coded together.
 *
 * Who routed a document may have known an older structure only: then the list is chosen here, from the vector as it is kept, among all lists
 * or, where lists were but split since, among the parts of the one that it was routed to. Codes are
 * a function of vector, list and codebook, so they do not depend on what is coded beside them, nor on which thread.
 */
import {
  codeBytes,
  encodeBatch,
  encodeBatchAsync,
  recordBytes,
  type CodedBatch,
  type CodedVectors,
  type VectorBatch,
} from '../../kernels/codes.js';
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
  /** In its second list; null where it lies in one. */
  readonly copy: RowCopy | null;
}

/** The first code of a row in its second list. */
export interface RowCopy extends Pick<RowCode, 'code' | 'factors'> {
  readonly list: number;
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
  const firsts = listsOf(placed, vectors.positions);
  const seconds = coder.hasCopies ? coder.assignSecond(vectors.points, firsts) : null;
  const copies = copiesOf(coder, vectors.points, { firsts, seconds });
  const coded = encodeBatch(coder.batch(vectors.points, firsts));
  const copied = copies === null ? null : encodeBatch(copies.batch);
  return withCodes(coder, placed, { positions: vectors.positions, coded, copies: copyFinder(coder, copies, copied) });
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
  const firsts = listsOf(placed, vectors.positions);
  const seconds = coder.hasCopies ? await coder.assignSecondAsync(vectors.points, firsts) : null;
  const copies = copiesOf(coder, vectors.points, { firsts, seconds });
  const [coded, copied] = await Promise.all([
    encodeBatchAsync(coder.batch(vectors.points, firsts)),
    copies === null ? null : encodeBatchAsync(copies.batch),
  ]);
  return withCodes(coder, placed, { positions: vectors.positions, coded, copies: copyFinder(coder, copies, copied) });
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

/** Vectors to be coded in their second lists. */
interface Copies {
  /** uint32[vectors]: the number of each in the batch; `noCopy` where it lies in one list. */
  readonly numbers: Uint32Array;
  readonly batch: VectorBatch;
}

const noCopy = 0xffffffff;

/** Of `points` float32[n, dim] in lists `firsts` and `seconds`, null where vectors lie in one list. */
function copiesOf(
  coder: ListCoder,
  points: Float32Array,
  { firsts, seconds }: { readonly firsts: Uint32Array; readonly seconds: Uint32Array | null },
): Copies | null {
  if (seconds === null) return null;
  let count = 0;
  const numbers = seconds.map((list, i) => (list === firsts[i] ? noCopy : count++));
  if (count === seconds.length) return { numbers, batch: coder.batch(points, seconds, false) };
  const { dim } = coder;
  const some = { points: new Float32Array(count * dim), lists: new Uint32Array(count) };
  numbers.forEach((number, i) => {
    if (number === noCopy) return;
    some.points.set(points.subarray(i * dim, (i + 1) * dim), number * dim);
    some.lists[number] = seconds[i]!;
  });
  return { numbers, batch: coder.batch(some.points, some.lists, false) };
}

/** What gives the copy of vector number i. */
function copyFinder(
  { subquantizers }: ListCoder,
  copies: Copies | null,
  coded: CodedVectors | null,
): (i: number) => RowCopy | null {
  if (copies === null || coded === null) return () => null;
  const bytes = codeBytes(subquantizers);
  const { codes, factors } = coded;
  return (i) => {
    const at = copies.numbers[i]!;
    if (at === noCopy) return null;
    const code = codes.subarray(at * bytes, (at + 1) * bytes);
    return { list: copies.batch.lists[at]!, code, factors: factors.subarray(2 * at, 2 * at + 2) };
  };
}

interface CodedParts {
  readonly positions: Uint32Array;
  readonly coded: CodedBatch;
  readonly copies: (i: number) => RowCopy | null;
}

function withCodes(
  { subquantizers, codedDim, secondKind }: ListCoder,
  documents: readonly IndexDocument[],
  { positions, coded, copies }: CodedParts,
): CodedDocument[] {
  const [code, record] = [codeBytes(subquantizers), recordBytes(codedDim, secondKind)];
  const found: CodedDocument[] = documents.map((document) => ({ document, code: null }));
  positions.forEach((at, i) => {
    const own = {
      code: coded.codes.subarray(i * code, (i + 1) * code),
      factors: coded.factors.subarray(2 * i, 2 * i + 2),
      record: coded.records!.subarray(i * record, (i + 1) * record),
      copy: copies(i),
    };
    found[at] = { document: documents[at]!, code: own };
  });
  return found;
}
