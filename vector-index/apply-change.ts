/**
 * One record of the log becomes a change of the index: new versions are added, what they replace dies.
 *
 * For one id the larger docId wins, whatever the order of arrival; applying a change twice is applying it once.
 */
import { hashText } from '../base/hash.js';
import { assert } from '../base/assert.js';
import type { IndexDocument } from './document.js';
import type { IndexState, ShardIndexSettings } from './index-state.js';
import { attributeType } from './segment/attribute-columns.js';

/** A newer version of `id` exists elsewhere, or it was deleted: versions smaller than `docId` die. */
export interface SupersededId {
  readonly id: string;
  readonly docId: bigint;
}

export interface IndexChange {
  readonly documents?: readonly IndexDocument[];
  readonly superseded?: readonly SupersededId[];
}

/** Applies `change` whole. INTERNAL, before anything changed, when a document does not fit the settings. */
export function applyChange(state: IndexState, change: IndexChange): void {
  for (const document of change.documents ?? []) checkDocument(document, state.settings);
  for (const { id, docId } of change.superseded ?? []) killOlder(state, id, hashText(id), docId);
  for (const document of change.documents ?? []) addDocument(state, document);
}

function addDocument(state: IndexState, document: IndexDocument): void {
  const idHash = hashText(document.id);
  if (newestDocId(state, document.id, idHash) >= document.docId) return;
  killOlder(state, document.id, idHash, document.docId);
  state.mutable.revive(state.mutable.reader.add(document, idHash));
}

/** docId of the living version of `id`; 0 when there is none. */
export function newestDocId(state: IndexState, id: string, idHash: bigint): bigint {
  let newest = 0n;
  for (const segment of state.states) {
    for (const row of segment.reader.rowsOfId(id, idHash)) {
      const docId = segment.reader.docIds[row]!;
      if (segment.isAlive(row) && docId > newest) newest = docId;
    }
  }
  return newest;
}

function killOlder(state: IndexState, id: string, idHash: bigint, docId: bigint): void {
  for (const segment of state.states) {
    for (const row of segment.reader.rowsOfId(id, idHash)) {
      if (segment.isAlive(row) && segment.reader.docIds[row]! < docId) segment.kill(row);
    }
  }
}

function checkDocument(document: IndexDocument, { dim, tokenDim }: ShardIndexSettings): void {
  const { dense, terms, tokens } = document;
  assert(document.docId > 0n, 'a docId is positive');
  assert(dense === null || dense.length === dim, `a dense vector has ${dim} components`);
  if (tokens !== null && tokens.codec === '') {
    assert(tokens.rows.length === 2 * tokens.count * tokenDim, `float16 token rows have ${tokenDim} components`);
  }
  if (tokens !== null && tokens.codec !== '') {
    assert(
      tokens.rows.length === tokens.count * recordBytes(tokens.rows.length, tokens.count),
      'coded tokens are whole rows',
    );
  }
  for (const [name, value] of Object.entries(document.attributes)) attributeType(name, value);
  if (terms === null) return;
  assert(terms.termIds.length === terms.weights.length, 'every term has a weight');
  for (let at = 1; at < terms.termIds.length; at += 1) {
    assert(terms.termIds[at - 1]! < terms.termIds[at]!, 'term ids ascend');
  }
}

/** Bytes of one coded token: centroid id, inverse norm and code. What the code takes only its codec knows. */
function recordBytes(bytes: number, count: number): number {
  return count === 0 ? 0 : Math.max(4, Math.floor(bytes / count));
}
