/** Documents between plain values and the wire. */
import { bufferOf, float32From, uint32From } from '../../base/bytes.js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import { attributesToWire, knownAttributesFromWire } from '../../proto/attributes.js';
import type { Document as WireDocument } from '../../proto/generated/shoal/v1/document.js';
import type {
  WriteCondition as WireCondition,
  WriteResult as WireWriteResult,
} from '../../proto/generated/shoal/v1/documents.js';
import type {
  Document,
  DocumentPassage,
  SparseVector,
  StoredDocument,
  TokenVectors,
  WriteCondition,
  WriteResult,
} from './types.js';

/** `filter` as it is; the wire has no other word for "none" than an empty one. INVALID_ARGUMENT for that. */
export function filterToWire(filter: string): string {
  if (filter !== '') return filter;
  throw new ShoalError('INVALID_ARGUMENT', 'the filter is empty; leave it out, or write a condition');
}

/** A document for the wire; its vectors are views that must not change until the call is done. */
export function documentToWire(document: Document): WireDocument {
  return {
    id: document.id,
    title: document.title,
    text: document.text,
    attributes: attributesToWire(document.attributes ?? {}),
    vector: document.vector === undefined ? undefined : bufferOf(document.vector),
    sparse: document.sparse === undefined ? undefined : sparseToWire(document.sparse),
    tokens: document.tokens === undefined ? undefined : tokensToWire(document.tokens),
    passages: (document.passages ?? []).map(passageToWire),
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
  if (wire.passages.length > 0) document.passages = wire.passages.map((passage) => passageFromWire(passage, wire.id));
  return document;
}

/** Conditions by position; null = none. */
export function conditionsToWire(conditions: readonly (WriteCondition | null)[]): WireCondition[] {
  return conditions.map((condition) => condition ?? {});
}

/** What became of one document of a write. */
export function writeResultFromWire(wire: WireWriteResult): WriteResult {
  const error = wire.status === 0 ? null : { code: codeOfStatus(wire.status), message: wire.message };
  return { id: wire.id, docId: wire.docId, unchanged: wire.unchanged, error };
}

function passageToWire({ vector, tokens, start, end }: DocumentPassage): WireDocument['passages'][number] {
  return { vector: bufferOf(vector), tokens: tokens === undefined ? undefined : tokensToWire(tokens), start, end };
}

function passageFromWire(wire: WireDocument['passages'][number], id: string): DocumentPassage {
  const vector = float32From(wire.vector, `a passage of document ${id}`);
  const { start, end, tokens } = wire;
  return { vector, ...(tokens === undefined ? {} : { tokens: tokensFromWire(tokens) }), start, end };
}

function tokensToWire(tokens: TokenVectors): NonNullable<WireDocument['tokens']> {
  const { count, rows, codec, pooled = false } = tokens;
  return { count, rows: bufferOf(rows), codec, pooled };
}

function sparseToWire(sparse: SparseVector): NonNullable<WireDocument['sparse']> {
  return { termIds: bufferOf(sparse.termIds), weights: bufferOf(sparse.weights) };
}

function sparseFromWire(wire: NonNullable<WireDocument['sparse']>): SparseVector {
  return { termIds: uint32From(wire.termIds, 'termIds'), weights: float32From(wire.weights, 'weights') };
}

function tokensFromWire(wire: NonNullable<WireDocument['tokens']>): TokenVectors {
  const { count, rows, codec, pooled } = wire;
  return { count, rows: new Uint8Array(rows), codec, ...(pooled ? { pooled } : {}) };
}
