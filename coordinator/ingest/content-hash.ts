/** A document's content as one number, by which the directory tells an unchanged document from a changed one. */
import { hashBytes } from '../../base/hash.js';
import { Document } from '../../proto/generated/shoal/v1/document.js';

/** What `Document.encode` writes into; used again and again, it need not grow for every document. */
export type DocumentWriter = ReturnType<typeof Document.encode>;

const noBytes = Buffer.alloc(0);

/**
 * XXH64 over the canonical bytes of what the user gave: fields in order, attributes by name, and after them the vector, which is
 * most of a document and so is not copied to be hashed. `writer` must be empty, and is so again afterwards.
 */
export function contentHash(document: Document, writer?: DocumentWriter): bigint {
  const { vector, attributes } = document;
  // Taken out and put back rather than replaced in a copy: a copy of every document is what a bulk load would feel.
  if (vector !== undefined) document.vector = noBytes;
  document.attributes = byName(attributes);
  const rest = Document.encode(document, writer).finish();
  document.vector = vector;
  document.attributes = attributes;
  const hash = hashBytes(rest);
  return vector === undefined ? hash : hashBytes(vector, hash);
}

function byName(attributes: Document['attributes']): Document['attributes'] {
  const names = Object.keys(attributes);
  if (names.length < 2) return attributes;
  const sorted: Document['attributes'] = {};
  for (const name of names.sort()) sorted[name] = attributes[name]!;
  return sorted;
}
