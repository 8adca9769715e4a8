/** First step of a write: each document is accepted as it stands, or refused with what, why and what to do. */
import { float32From, uint32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { attributesFromWire, attributeTypeName, attributeTypeOf, type Attributes } from '../../proto/attributes.js';
import type { AttributeType, Document } from '../../proto/generated/shoal/v1/document.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { noModel } from '../encoders.js';

/** A document that passed, with its vector and terms as numbers where they were given. */
export interface AcceptedDocument {
  readonly document: Document;
  readonly attributes: Attributes;
  /** float32[dim], null = to be encoded, or none. */
  readonly vector: Float32Array | null;
}

/** Vectors and weights are stored as float16; a larger number would become infinite and answer every question first. */
const float16Max = 65_504;

/** Attribute types that hold for a collection, by name. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

const attributeName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** `document`, checked against the collection's settings. INVALID_ARGUMENT names the document and the field. */
export function acceptDocument(document: Document, settings: CollectionSettings): AcceptedDocument {
  checkId(document.id);
  checkText(document, settings);
  const vector = vectorOf(document, settings);
  checkSparse(document, settings);
  checkTokens(document, settings);
  const attributes = attributesFromWire(document.attributes);
  for (const name of Object.keys(attributes)) {
    const why = misnamed(name);
    if (why !== null) throw invalid(document, why);
  }
  return { document, attributes, vector };
}

/** Why `name` cannot name an attribute; null when it can. */
export function misnamed(name: string): string | null {
  return attributeName.test(name) ? null : `attribute name '${name}' is not of the form ${attributeName.source}`;
}

/** The ids that stand more than once in one request, each an error since their order would decide. */
export function repeatedIds(documents: readonly Document[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { id } of documents) {
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  return repeated;
}

/** Throws INVALID_ARGUMENT when an attribute of `accepted` has another type than `types` says; gives the new names and types. */
export function newAttributeTypes(accepted: AcceptedDocument, types: AttributeTypes): AttributeTypes {
  const added: Record<string, AttributeType> = {};
  for (const [name, value] of Object.entries(accepted.attributes)) {
    const type = attributeTypeOf(name, value);
    // Names such as `constructor` are fine ones, so inherited members must not be taken for types.
    const known = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === null) {
      if (known !== undefined && !attributeTypeName(known).endsWith('[]'))
        throw conflict(accepted, name, 'a list', known);
      continue;
    }
    if (known === undefined) added[name] = type;
    else if (known !== type) throw conflict(accepted, name, attributeTypeName(type), known);
  }
  return added;
}

function conflict(accepted: AcceptedDocument, name: string, is: string, known: AttributeType): ShoalError {
  const fixed = `attribute '${name}' is ${is}, but the collection has it as ${attributeTypeName(known)}`;
  return invalid(accepted.document, `${fixed}; change the value or rename the attribute`);
}

function checkId(id: string): void {
  if (id === '') throw new ShoalError('INVALID_ARGUMENT', 'a document has an empty id; give each a unique one');
  const bytes = Buffer.byteLength(id);
  if (bytes > limits.idBytesMax) {
    const what = `the id '${id.slice(0, 40)}…' has ${bytes} bytes, the limit is ${limits.idBytesMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; use a shorter one`);
  }
}

function checkText(document: Document, settings: CollectionSettings): void {
  if (document.text === undefined && document.vector === undefined) {
    throw invalid(document, 'it has no text; give text, or a vector in its place');
  }
  if (document.vector === undefined && settings.model === noModel) {
    throw invalid(document, `it has no vector, and collection '${settings.name}' has no encoder model; give a vector`);
  }
  const bytes = Buffer.byteLength(document.text ?? '') + Buffer.byteLength(document.title ?? '');
  if (bytes > limits.textBytesMax) {
    throw invalid(document, `its text has ${bytes} bytes, the limit is ${limits.textBytesMax}; chunk it`);
  }
}

function vectorOf(document: Document, settings: CollectionSettings): Float32Array | null {
  if (document.vector === undefined) return null;
  const vector = float32From(document.vector, `the vector of document '${document.id}'`);
  if (vector.length !== settings.dim) {
    throw invalid(document, `its vector has ${vector.length} dimensions, the collection has ${settings.dim}`);
  }
  if (!vector.every(Number.isFinite))
    throw invalid(document, 'its vector has a number that is not finite; clean the input');
  if (vector.some((value) => Math.abs(value) > float16Max)) {
    throw invalid(document, `its vector has a number beyond ±${float16Max}, the largest that is stored; scale it`);
  }
  return vector;
}

function checkSparse(document: Document, settings: CollectionSettings): void {
  if (document.sparse === undefined) return;
  if (settings.sparseWeighting === 'bm25') {
    throw invalid(
      document,
      `it has sparse weights, but collection '${settings.name}' takes them from the text (BM25); leave them out`,
    );
  }
  const termIds = uint32From(document.sparse.termIds, `the term ids of document '${document.id}'`);
  const weights = float32From(document.sparse.weights, `the term weights of document '${document.id}'`);
  if (termIds.length !== weights.length) {
    throw invalid(document, `it has ${termIds.length} terms and ${weights.length} weights; give one each`);
  }
  if (!weights.every((weight) => Number.isFinite(weight) && weight > 0)) {
    throw invalid(document, 'a term weight is not a number above 0; clean the input');
  }
  if (weights.some((weight) => weight > float16Max)) {
    throw invalid(document, `a term weight is above ${float16Max}, the largest that is stored; scale the weights`);
  }
  if (termIds.some((term, i) => i > 0 && term <= termIds[i - 1]!)) {
    throw invalid(document, 'its terms are not in ascending order, each once; sort them');
  }
}

function checkTokens(document: Document, settings: CollectionSettings): void {
  const { tokens } = document;
  if (tokens === undefined) return;
  if (settings.tokenDim === 0)
    throw invalid(document, 'it has token vectors, but the collection has no multi-vector representation');
  if (tokens.codec !== '' && tokens.codec !== settings.tokenCodec) {
    throw invalid(
      document,
      `its tokens are coded by '${tokens.codec}', the collection uses '${settings.tokenCodec}'; give float32 rows`,
    );
  }
  if (tokens.codec === '' && tokens.rows.length !== tokens.count * settings.tokenDim * 4) {
    const want = `${tokens.count} × ${settings.tokenDim} float32 are ${tokens.count * settings.tokenDim * 4}`;
    throw invalid(document, `its token rows have ${tokens.rows.length} bytes, but ${want}`);
  }
}

function invalid(document: Document, why: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `document '${document.id}': ${why}`);
}
