/** Documents out of the index as they travel: for readers, and as the log had them. */
import { bufferOf } from '../../base/bytes.js';
import { attributesToWire, isList } from '../../proto/attributes.js';
import type { Document, TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { FetchedDocument } from '../../proto/generated/shoal/v1/shard.js';
import { float32Rows } from '../../vector-index/codebook/float16-rows.js';
import type { DocumentTokens, IndexDocument } from '../../vector-index/document.js';
import { noBytes } from './answers.js';

/** A passage for readers. */
export function fetchedDocument(passage: IndexDocument, withVectors: boolean): FetchedDocument {
  const document: Document = {
    id: passage.id,
    ...(passage.title === null ? {} : { title: passage.title }),
    text: passage.text,
    attributes: attributesToWire(passage.attributes),
    sparse: undefined,
    tokens: undefined,
    passages: [],
  };
  if (withVectors) addVectors(document, passage);
  const { docId, passage: number, start, end, home } = passage;
  return { docId, document, passage: number, start, end, home, record: undefined };
}

/** A passage as a log record holds it, weights final, with `further` passages of its document. */
export function logDocument(passage: IndexDocument, further: readonly IndexDocument[] = []): LogDocument {
  const { terms, tokens, dense } = passage;
  return {
    id: passage.id,
    ...(passage.title === null ? {} : { title: passage.title }),
    text: passage.text,
    attributes: attributesToWire(passage.attributes),
    list: passage.list,
    dense: dense === null ? noBytes : bufferOf(dense),
    sparse: terms === null ? undefined : { termIds: bufferOf(terms.termIds), weights: bufferOf(terms.weights) },
    terms: 0,
    tokens: tokens === null ? undefined : tokensToWire(tokens, tokens.rows),
    weighted: true,
    passage: passage.passage,
    start: passage.start,
    end: passage.end,
    home: passage.home,
    further: further.map((other) => logDocument(other)),
  };
}

/** Bytes of a document on the wire, near enough to bound an answer: everything that a user may make large is counted. */
export function sizeOf({ title, text, attributes, dense, terms, tokens }: IndexDocument, withVectors: boolean): number {
  const vectors = (dense?.byteLength ?? 0) + (terms?.termIds.byteLength ?? 0) * 2 + (tokens?.rows.byteLength ?? 0);
  return (text.length + (title?.length ?? 0)) * 2 + attributeBytes(attributes) + (withVectors ? vectors : 0);
}

function attributeBytes(attributes: IndexDocument['attributes']): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += name.length + 8;
    for (const scalar of isList(value) ? value : [value])
      bytes += typeof scalar === 'string' ? scalar.length * 2 + 8 : 24;
  }
  return bytes;
}

function addVectors(wire: Document, { dense, terms, tokens }: IndexDocument): void {
  if (dense !== null) wire.vector = bufferOf(dense);
  if (terms !== null) wire.sparse = { termIds: bufferOf(terms.termIds), weights: bufferOf(terms.weights) };
  if (tokens === null) return;
  // The wire has uncoded rows as float32, the index as float16.
  const rows = tokens.codec === '' ? float32Rows(tokens.rows) : tokens.rows;
  wire.tokens = tokensToWire(tokens, rows);
}

/** Whether rows were pooled is a matter of the collection, which the shard does not know. */
function tokensToWire({ count, codec }: DocumentTokens, rows: Uint8Array | Float32Array): TokenVectors {
  return { count, rows: bufferOf(rows), codec, pooled: false };
}
