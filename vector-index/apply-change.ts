/**
 * One record of the log becomes a change of the index: new versions are added, what they replace dies.
 *
 * For one id the larger docId wins, whatever the order of arrival, and takes all passages of the smaller one with it; applying a
 * change twice is applying it once. What was superseded lately does not come back (`FenceTable`).
 */
import { hashText } from '../base/hash.js';
import { assert } from '../base/assert.js';
import { ShoalError } from '../base/errors.js';
import type { IndexDocument } from './document.js';
import { codeDocuments, codeDocumentsAsync, type CodedDocument } from './lists/code-documents.js';
import type { ListCoder } from './lists/list-coder.js';
import type { IndexState, ShardIndexSettings } from './index-state.js';
import { attributeType } from './segment/attribute-columns.js';
import { idKey, type IdKey } from './segment/segment-reader.js';
import type { SegmentState } from './segment/segment-state.js';

/** A newer version of `id` exists elsewhere, or it was deleted: versions smaller than `docId` die. */
export interface SupersededId {
  readonly id: string;
  readonly docId: bigint;
}

export interface IndexChange {
  /** Passages of documents; those of one document together. */
  readonly documents?: readonly IndexDocument[];
  readonly superseded?: readonly SupersededId[];
  /** What `prepareChange` made of the documents; where it is of another structure by now, they are coded anew. */
  readonly prepared?: PreparedDocuments;
}

/** Documents with the codes of one structure. */
export interface PreparedDocuments {
  readonly coder: ListCoder;
  readonly documents: readonly CodedDocument[];
}

/** Bytes of a coded token beside its code: centroid id and inverse norm. */
const rowHeadBytes = 4;

/**
 * What is coded on the event loop, where a thread costs a tenth of a millisecond: so many documents and components of their vectors, a quarter
 * to half a millisecond's work, and beside them so many products of two numbers, up to as much again, for those that were not routed under this
 * structure or one that it came from.
 */
const codedInline = 64;
const componentsInline = 64 * 384;
const productsInline = 1_000_000;

/**
 * `change` with the codes of its documents, made off the event loop where there are many. INTERNAL and FAILED_PRECONDITION as
 * `applyChange`.
 */
export async function prepareChange(state: IndexState, change: IndexChange): Promise<IndexChange> {
  const { documents = [] } = change;
  const { coder } = state;
  if (coder === null || isCodedInline(coder, documents)) return change;
  for (const document of documents) checkDocument(document, state.settings);
  checkLists(coder, documents);
  return { ...change, prepared: { coder, documents: await codeDocumentsAsync(coder, documents) } };
}

function isCodedInline(coder: ListCoder, documents: readonly IndexDocument[]): boolean {
  const { dim, listCount } = coder;
  if (documents.length > codedInline || documents.length * dim > componentsInline) return false;
  const foreign = documents.filter(({ structureVersion = 0 }) => coder.listsAt(structureVersion) === null).length;
  return foreign * listCount * dim <= productsInline;
}

/**
 * Applies `change`, of a record that the log has as of `timeMs`, whole. INTERNAL, before anything changed, when a document does not
 * fit the settings.
 */
export function applyChange(state: IndexState, timeMs: number, change: IndexChange): void {
  for (const document of change.documents ?? []) checkDocument(document, state.settings);
  const coded = withCodes(state.coder, change);
  state.fences.advance(timeMs);
  const { states } = state;
  for (const { id, docId } of change.superseded ?? []) {
    const key = idKey(id, hashText(id));
    for (const segment of states) killOlder(segment, key, docId);
    state.fences.add(id, docId);
  }
  for (const each of coded) addDocument(state, states, each);
}

function withCodes(coder: ListCoder | null, { documents = [], prepared }: IndexChange): readonly CodedDocument[] {
  if (coder === null) return documents.map((document) => ({ document, code: null }));
  if (prepared?.coder === coder) return prepared.documents;
  checkLists(coder, documents);
  return codeDocuments(coder, documents);
}

/** INTERNAL for lists that the structure does not have, FAILED_PRECONDITION for documents of a newer one. */
function checkLists(coder: ListCoder, documents: readonly IndexDocument[]): void {
  for (const { structureVersion = 0, list } of documents) {
    if (structureVersion > coder.structureVersion) throw notYet(structureVersion, coder.structureVersion);
    assert(list < (coder.listsAt(structureVersion) ?? Infinity), 'the list is one of the structure');
  }
}

function notYet(wanted: number, known: number): ShoalError {
  const message = `documents of structure ${wanted} came to an index of structure ${known}; load it before them`;
  return new ShoalError('FAILED_PRECONDITION', message);
}

/** Every segment is asked once: most ids are new, and finding that out is most of the work. */
function addDocument(state: IndexState, states: readonly SegmentState[], { document, code }: CodedDocument): void {
  const { id, docId, passage } = document;
  if (state.fences.covers(id, docId)) return;
  const key = idKey(id, hashText(id));
  const older: { readonly segment: SegmentState; readonly row: number }[] = [];
  for (const segment of states) {
    const { reader } = segment;
    for (const row of reader.rowsOfId(key)) {
      if (!segment.isAlive(row)) continue;
      const known = reader.docIds[row]!;
      // A newer version of the id, or this very passage.
      if (known > docId || (known === docId && (reader.passages?.[row] ?? 0) === passage)) return;
      if (known < docId) older.push({ segment, row });
    }
  }
  for (const { segment, row } of older) segment.kill(row);
  state.mutable.revive(state.mutable.reader.add(document, key.hash, code));
}

function killOlder(segment: SegmentState, key: IdKey, docId: bigint): void {
  for (const row of segment.reader.rowsOfId(key)) {
    if (segment.isAlive(row) && segment.reader.docIds[row]! < docId) segment.kill(row);
  }
}

/** docId of the living version of `id`; 0 when there is none. */
export function newestDocId(state: IndexState, id: string): bigint {
  const key = idKey(id, hashText(id));
  let newest = 0n;
  for (const segment of state.states) {
    for (const row of segment.reader.rowsOfId(key)) {
      const docId = segment.reader.docIds[row]!;
      if (segment.isAlive(row) && docId > newest) newest = docId;
    }
  }
  return newest;
}

function checkDocument(document: IndexDocument, { dim, tokenDim }: ShardIndexSettings): void {
  const { dense, terms, tokens, passage } = document;
  assert(document.docId > 0n, 'a docId is positive');
  // A message is made up only where it is wanted: this runs for every document.
  if (dense !== null && dense.length !== dim) assert(false, `a dense vector has ${dim} components`);
  const isBare = terms === null && document.title === null && document.text === '';
  assert(passage === 0 || isBare, 'only the primary passage carries title, text and terms');
  if (tokens !== null && tokens.codec === '') {
    assert(tokens.rows.length === 2 * tokens.count * tokenDim, `float16 token rows have ${tokenDim} components`);
  }
  if (tokens !== null && tokens.codec !== '') {
    // What the codes take only their codec knows.
    assert(tokens.rows.length >= tokens.count * rowHeadBytes, 'coded tokens have centroid ids and norms');
  }
  for (const name in document.attributes) attributeType(name, document.attributes[name]!);
  if (terms === null) return;
  assert(terms.termIds.length === terms.weights.length, 'every term has a weight');
  for (let at = 1; at < terms.termIds.length; at += 1) {
    assert(terms.termIds[at - 1]! < terms.termIds[at]!, 'term ids ascend');
  }
}
