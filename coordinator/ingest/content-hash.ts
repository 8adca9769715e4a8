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
  const { vector } = document;
  const rest = Document.encode(canonical(document), writer).finish();
  const hash = hashBytes(rest);
  return vector === undefined ? hash : hashBytes(vector, hash);
}

/** With attributes by name, and of a vector only that there is one. */
function canonical(document: Document): Document {
  const names = Object.keys(document.attributes);
  const attributes: Document['attributes'] = {};
  for (const name of names.length > 1 ? names.sort() : names) attributes[name] = document.attributes[name]!;
  return { ...document, attributes, vector: document.vector === undefined ? undefined : noBytes };
}
