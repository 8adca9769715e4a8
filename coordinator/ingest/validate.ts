/** First step of a write: each document is accepted as it stands, or refused with what, why and what to do. */
import { counted } from '../../base/counted.js';
import { float32From, uint32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import {
  attributesFromWire,
  attributeTypeName,
  attributeTypeOf,
  isList,
  type Attributes,
  type AttributeValue,
} from '../../proto/attributes.js';
import type { AttributeType, Document, TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { isTimestamp } from '../../proto/timestamp.js';
import { noModel } from '../encoders.js';

/** A document that passed. */
export interface AcceptedDocument {
  readonly document: Document;
  readonly attributes: Attributes;
  /** Its parts with vectors of their own, the primary one first; null = its one vector is to be encoded. */
  readonly passages: readonly AcceptedPassage[] | null;
}

export interface AcceptedPassage {
  /** float32[dim] little-endian, finite. */
  readonly vector: Buffer;
  /** As given. */
  readonly tokens: TokenVectors | undefined;
  /** UTF-16 offsets in title + " " + text; end 0 = the end of the text. */
  readonly start: number;
  readonly end: number;
}

/** Passages of one document. */
const passagesMax = 4_096;

/** Attribute types that hold for a collection, by name. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

const noTypes: AttributeTypes = {};

const attributeName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** `document`, checked against the collection's settings. INVALID_ARGUMENT names the document and the field. */
export function acceptDocument(document: Document, settings: CollectionSettings): AcceptedDocument {
  checkId(document.id);
  checkText(document, settings);
  const passages = passagesOf(document, settings);
  checkSparse(document, settings);
  const attributes = attributesFromWire(document.attributes);
  const why = unstorable(attributes);
  if (why !== null) throw invalid(document, why);
  return { document, attributes, passages };
}

/** What is wrong with a name or a value of `attributes`; null when each can be stored, and exported and imported as it is. */
export function unstorable(attributes: Attributes): string | null {
  for (const name of Object.keys(attributes)) {
    const why = misnamed(name) ?? misvalued(name, attributes[name]!);
    if (why !== null) return why;
  }
  return null;
}

function misvalued(name: string, value: AttributeValue): string | null {
  if (isList(value)) return value.map((element) => misvalued(name, element)).find((why) => why !== null) ?? null;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return `attribute '${name}' is a number that is not finite; leave it out`;
  }
  if (value instanceof Date && !isTimestamp(value)) {
    return `attribute '${name}' is a time outside of the years 1 to 9999; leave it out`;
  }
  return null;
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
  let added: Record<string, AttributeType> | null = null;
  for (const name of Object.keys(accepted.attributes)) {
    const value = accepted.attributes[name]!;
    const type = attributeTypeOf(name, value);
    // Names such as `constructor` are fine ones, so inherited members must not be taken for types.
    const known = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === null) {
      if (known !== undefined && !attributeTypeName(known).endsWith('[]'))
        throw conflict(accepted, name, 'a list', known);
      continue;
    }
    if (known === undefined) (added ??= {})[name] = type;
    else if (known !== type) throw conflict(accepted, name, attributeTypeName(type), known);
  }
  return added ?? noTypes;
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
  const hasVectors = document.vector !== undefined || document.passages.length > 0;
  if (document.text === undefined && !hasVectors) {
    throw invalid(document, 'it has no text; give text, or a vector in its place');
  }
  if (!hasVectors && settings.model === noModel) {
    throw invalid(document, `it has no vector, and collection '${settings.name}' has no encoder model; give a vector`);
  }
  const bytes = Buffer.byteLength(document.text ?? '') + Buffer.byteLength(document.title ?? '');
  if (bytes > limits.textBytesMax) {
    throw invalid(document, `its text has ${bytes} bytes, the limit is ${limits.textBytesMax}; chunk it`);
  }
}

function passagesOf(document: Document, settings: CollectionSettings): readonly AcceptedPassage[] | null {
  const { vector, tokens, passages } = document;
  if (passages.length === 0) {
    checkTokens(document, tokens, settings, 'its');
    if (vector === undefined) return null;
    checkVector(document, vector, settings, { whose: 'the vector', what: 'its vector' });
    return [{ vector, tokens, start: 0, end: 0 }];
  }
  if (vector !== undefined || tokens !== undefined) {
    throw invalid(document, 'it has passages and a vector or tokens beside them; give each passage its own');
  }
  if (passages.length > passagesMax) {
    throw invalid(document, `it has ${passages.length} passages, the limit is ${passagesMax}; split the document`);
  }
  const { title, text = '' } = document;
  const length = title === undefined ? text.length : title.length + 1 + text.length;
  return passages.map((passage, i) => {
    const { start, end } = passage;
    checkVector(document, passage.vector, settings, {
      whose: `the vector of passage ${i}`,
      what: `the vector of its passage ${i}`,
    });
    checkTokens(document, passage.tokens, settings, `the passage ${i}'s`);
    if (start > length || end > length || (end !== 0 && end < start)) {
      throw invalid(document, `its passage ${i} is from ${start} to ${end}, but its text has ${length} characters`);
    }
    return { vector: passage.vector, tokens: passage.tokens, start, end };
  });
}

/** `bytes` as they lie, where they lie right: most do, and a copy of each vector is what a bulk load would feel. */
function float32View(bytes: Buffer): Float32Array | null {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset % 4 !== 0 || byteLength % 4 !== 0) return null;
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

function checkVector(
  document: Document,
  bytes: Buffer,
  settings: CollectionSettings,
  { whose, what }: { readonly whose: string; readonly what: string },
): void {
  const vector = float32View(bytes) ?? float32From(bytes, `${whose} of document '${document.id}'`);
  if (vector.length !== settings.dim) {
    throw invalid(document, `${what} has ${counted(vector.length, 'dimension')}, the collection has ${settings.dim}`);
  }
  // One pass for the usual vector; which of the two it is matters only to the message. NaN fails the comparison.
  for (let j = 0; j < vector.length; j += 1) {
    const value = vector[j]!;
    if (Math.abs(value) <= limits.vectorValueMax) continue;
    if (!Number.isFinite(value)) throw invalid(document, `${what} has a number that is not finite; clean the input`);
    throw invalid(
      document,
      `${what} has a number beyond ±${limits.vectorValueMax}, the largest that is stored; scale it`,
    );
  }
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
    throw invalid(
      document,
      `it has ${counted(termIds.length, 'term')} and ${counted(weights.length, 'weight')}; give one each`,
    );
  }
  if (!weights.every((weight) => Number.isFinite(weight) && weight > 0)) {
    throw invalid(document, 'a term weight is not a number above 0; clean the input');
  }
  if (weights.some((weight) => weight > limits.vectorValueMax)) {
    throw invalid(
      document,
      `a term weight is above ${limits.vectorValueMax}, the largest that is stored; scale the weights`,
    );
  }
  if (termIds.some((term, i) => i > 0 && term <= termIds[i - 1]!)) {
    throw invalid(document, 'its terms are not in ascending order, each once; sort them');
  }
}

function checkTokens(
  document: Document,
  tokens: TokenVectors | undefined,
  settings: CollectionSettings,
  whose: string,
): void {
  if (tokens === undefined) return;
  if (settings.tokenDim === 0)
    throw invalid(document, 'it has token vectors, but the collection has no multi-vector representation');
  if (tokens.codec !== '' && tokens.codec !== settings.tokenCodec) {
    throw invalid(
      document,
      `${whose} tokens are coded by '${tokens.codec}', the collection uses '${settings.tokenCodec}'; give float32 rows`,
    );
  }
  if (tokens.codec === '' && tokens.rows.length !== tokens.count * settings.tokenDim * 4) {
    const want = `${tokens.count} × ${settings.tokenDim} float32 are ${tokens.count * settings.tokenDim * 4}`;
    throw invalid(document, `${whose} token rows have ${tokens.rows.length} bytes, but ${want}`);
  }
  if (tokens.codec !== '') return;
  const rows = float32From(tokens.rows, `the token rows of document '${document.id}'`);
  const bad = rows.findIndex((value) => !(Math.abs(value) <= limits.vectorValueMax));
  if (bad < 0) return;
  const where = `${whose} token row ${Math.floor(bad / settings.tokenDim)} has the value ${rows[bad]}`;
  throw invalid(document, `${where}; values are numbers within ±${limits.vectorValueMax}, clean the input`);
}

function invalid(document: Document, why: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `document '${document.id}': ${why}`);
}
