/** A document's content as one number, by which the directory tells an unchanged document from a changed one. */
import { hashBytes } from '../../base/hash.js';
import { Document } from '../../proto/generated/shoal/v1/document.js';

/** XXH64 over the canonical bytes of what the user gave: fields in order, attributes by name. */
export function contentHash(document: Document): bigint {
  const attributes: Document['attributes'] = {};
  for (const name of Object.keys(document.attributes).sort()) attributes[name] = document.attributes[name]!;
  return hashBytes(Document.encode({ ...document, attributes }).finish());
}
