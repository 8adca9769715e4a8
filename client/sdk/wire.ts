/** Documents between plain values and the wire. */
import { bufferOf, float32From, uint32From } from '../../base/bytes.js';
import { codeOfStatus } from '../../base/errors.js';
import { attributesToWire, knownAttributesFromWire } from '../../proto/attributes.js';
import type { Document as WireDocument } from '../../proto/generated/shoal/v1/document.js';
import type { WriteResult as WireWriteResult } from '../../proto/generated/shoal/v1/documents.js';
import type { Document, SparseVector, StoredDocument, TokenVectors, WriteResult } from './types.js';

/** A document for the wire; its vectors are views that must not change until the call is done. */
export function documentToWire(document: Document): WireDocument {
  return {
    id: document.id,
    title: document.title,
    text: document.text,
    attributes: attributesToWire(document.attributes ?? {}),
    vector: document.vector === undefined ? undefined : bufferOf(document.vector),
    sparse: document.sparse === undefined ? undefined : sparseToWire(document.sparse),
    tokens: document.tokens === undefined ? undefined : { ...document.tokens, rows: bufferOf(document.tokens.rows) },
    passages: [],
  };
}

/** A document as it came over the wire, in arrays of its own. */
export function documentFromWire(wire: WireDocument, docId: bigint): StoredDocument {
  const document: { -readonly [Field in keyof StoredDocument]: StoredDocument[Field] } = {
    id: wire.id,
    docId,
    attributes: knownAttributesFromWire(wire.attributes),
  };
  if (wire.title !== undefined) document.title = wire.title;
  if (wire.text !== undefined) document.text = wire.text;
  if (wire.vector !== undefined) document.vector = float32From(wire.vector, `the vector of document ${wire.id}`);
  if (wire.sparse !== undefined) document.sparse = sparseFromWire(wire.sparse);
  if (wire.tokens !== undefined) document.tokens = tokensFromWire(wire.tokens);
  return document;
}

/** What became of one document of a write. */
export function writeResultFromWire(wire: WireWriteResult): WriteResult {
  const error = wire.status === 0 ? null : { code: codeOfStatus(wire.status), message: wire.message };
  return { id: wire.id, docId: wire.docId, unchanged: wire.unchanged, error };
}

function sparseToWire(sparse: SparseVector): NonNullable<WireDocument['sparse']> {
  return { termIds: bufferOf(sparse.termIds), weights: bufferOf(sparse.weights) };
}

function sparseFromWire(wire: NonNullable<WireDocument['sparse']>): SparseVector {
  return { termIds: uint32From(wire.termIds, 'termIds'), weights: float32From(wire.weights, 'weights') };
}

function tokensFromWire(wire: NonNullable<WireDocument['tokens']>): TokenVectors {
  return { count: wire.count, rows: new Uint8Array(wire.rows), codec: wire.codec };
}
