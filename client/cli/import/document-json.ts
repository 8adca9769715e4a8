/** A document between a JSON line and its typed form; `import` reads what `export` writes. */
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import { attributesFromJson, attributesToJson } from './attribute-values.js';
import { passagesFromJson, passagesToJson } from './passages-json.js';
import {
  sparseFromJson,
  sparseToJson,
  tokensFromJson,
  tokensToJson,
  vectorFromJson,
  vectorToJson,
} from './vectors-json.js';
import type { AttributeTypeName } from '../../../proto/attributes.js';
import type { Document } from '../../sdk/types.js';

/** What the collection says of its documents. */
export interface DocumentSchema {
  readonly attributes: Readonly<Record<string, AttributeTypeName>>;
  /** Dimensions of a vector. */
  readonly dim: number;
}

/** Fields of a line that mean something; others are ignored, and `import` says so. */
export const knownFields: ReadonlySet<string> = new Set([
  '_id',
  'id',
  'title',
  'text',
  'attributes',
  'vector',
  'sparse',
  'tokens',
  'passages',
]);

/** A line's object. INVALID_ARGUMENT when it is no UTF-8, no JSON or no object. */
export function parseJsonLine(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', 'the line is not UTF-8; save the file as UTF-8', { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    throw new ShoalError('INVALID_ARGUMENT', `the line is no JSON (${why}); write one object a line`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ShoalError('INVALID_ARGUMENT', 'the line is no JSON object; write {"_id":"…","text":"…"}');
}

/**
 * The document of a line's object; `vector` is that of `--vectors`, used where the line has none.
 * INVALID_ARGUMENT names the field, what is wrong with it and what to write.
 */
export function documentFromJson(
  json: Readonly<Record<string, unknown>>,
  schema: DocumentSchema,
  vector?: Float32Array,
): Document {
  const document: { -readonly [Field in keyof Document]: Document[Field] } = { id: idFromJson(json) };
  const passages = present(json['passages']) ? passagesFromJson(json['passages'], schema.dim) : undefined;
  const given = present(json['vector']) ? vectorFromJson(json['vector'], schema.dim) : vector;
  if (passages !== undefined && (given !== undefined || present(json['tokens']))) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      '"passages" stands beside a vector or tokens; give those in the passages alone',
    );
  }
  if (passages !== undefined) document.passages = passages;
  if (given !== undefined) document.vector = given;
  const text = textFromJson(json, 'text');
  const title = textFromJson(json, 'title');
  if (text !== undefined) document.text = text;
  if (title !== undefined) document.title = title;
  if (text === undefined && given === undefined && passages === undefined) {
    throw new ShoalError('INVALID_ARGUMENT', 'there is no text; give "text", or a ready "vector"');
  }
  checkTextSize(title ?? '', text ?? '');
  if (present(json['attributes'])) document.attributes = attributesOf(json['attributes'], schema);
  if (present(json['sparse'])) document.sparse = sparseFromJson(json['sparse']);
  if (present(json['tokens'])) document.tokens = tokensFromJson(json['tokens']);
  return document;
}

/** The object of a document as `export` writes it; vectors where the document has them. */
export function documentToJson(document: Document): Record<string, unknown> {
  const attributes = attributesToJson(document.attributes ?? {});
  return {
    _id: document.id,
    ...(document.title === undefined ? {} : { title: document.title }),
    ...(document.text === undefined ? {} : { text: document.text }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(document.vector === undefined ? {} : { vector: vectorToJson(document.vector) }),
    ...(document.sparse === undefined ? {} : { sparse: sparseToJson(document.sparse) }),
    ...(document.tokens === undefined ? {} : { tokens: tokensToJson(document.tokens) }),
    ...(document.passages === undefined ? {} : { passages: passagesToJson(document.passages) }),
  };
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function idFromJson(json: Readonly<Record<string, unknown>>): string {
  const id = json['_id'] ?? json['id'];
  if (!present(id)) throw new ShoalError('INVALID_ARGUMENT', 'there is no id; give "_id" or "id"');
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) {
    throw new ShoalError('INVALID_ARGUMENT', 'the id is no string; write it in quotes');
  }
  const text = wellFormed(String(id), 'the id');
  const size = Buffer.byteLength(text);
  if (size === 0) throw new ShoalError('INVALID_ARGUMENT', 'the id is empty; give each document a name of its own');
  if (size <= limits.idBytesMax) return text;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `the id has ${size} bytes, more than ${limits.idBytesMax}; use a shorter one, such as a hash`,
  );
}

function textFromJson(json: Readonly<Record<string, unknown>>, field: 'text' | 'title'): string | undefined {
  const value = json[field];
  if (!present(value)) return undefined;
  if (typeof value === 'string') return wellFormed(value, `"${field}"`);
  throw new ShoalError('INVALID_ARGUMENT', `"${field}" is no string; write it in quotes`);
}

/** UTF-8 has no half of a surrogate pair: all of them would become the same character, and two ids one. */
function wellFormed(text: string, what: string): string {
  if (!/\p{Surrogate}/u.test(text)) return text;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `${what} holds half of a surrogate pair (such as "\\ud800"); write the whole pair`,
  );
}

function checkTextSize(title: string, text: string): void {
  const size = Buffer.byteLength(title) + Buffer.byteLength(text);
  if (size <= limits.textBytesMax) return;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `title and text have ${size} bytes, more than ${limits.textBytesMax}; cut the document into chunks`,
  );
}

function attributesOf(value: unknown, schema: DocumentSchema): NonNullable<Document['attributes']> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShoalError('INVALID_ARGUMENT', '"attributes" is no object; write {"name": value, …}');
  }
  return attributesFromJson(value, schema.attributes);
}
