/** One number for what an index holds, so that replicas can be compared: equal for equal documents, however they lie in segments. */
import { bytesOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { toFloat16 } from '../kernels/kernels.js';
import { hasBit } from './bitmap.js';
import type { AttributeScalar, AttributeValue, IndexDocument } from './document.js';
import type { PinnedIndex } from './search/pinned-index.js';

/** XXH64 over all living rows in the order of docId and passage. Reads everything; meant for tests and checks. */
export function contentHash(index: PinnedIndex): bigint {
  const rows: { docId: bigint; passage: number; hash: bigint }[] = [];
  for (const { reader, rowCount, live } of index.segments) {
    for (let row = 0; row < rowCount; row += 1) {
      if (live !== null && !hasBit(live, row)) continue;
      const document = reader.document(row);
      rows.push({ docId: document.docId, passage: document.passage, hash: hashBytes(canonical(document)) });
    }
  }
  rows.sort((left, right) =>
    left.docId === right.docId ? left.passage - right.passage : left.docId < right.docId ? -1 : 1,
  );
  return hashBytes(bytesOf(BigUint64Array.from(rows, ({ hash }) => hash)));
}

function canonical(document: IndexDocument): Uint8Array {
  const { dense, terms, tokens, attributes, docId, contentHash: hash, ...plain } = document;
  const named = Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1));
  const parts = [
    Buffer.from(JSON.stringify([String(docId), String(hash), Object.entries(plain).sort(), named.map(canonicalPair)])),
    dense === null ? null : bytesOf(toFloat16(dense)),
    terms === null ? null : bytesOf(terms.termIds),
    terms === null ? null : bytesOf(toFloat16(terms.weights)),
    tokens === null ? null : tokens.rows,
    tokens === null ? null : Buffer.from(`${tokens.count} ${tokens.codec}`),
  ];
  const lengths = Int32Array.from(parts, (part) => part?.length ?? -1);
  return Buffer.concat([bytesOf(lengths), ...parts.filter((part) => part !== null)]);
}

function canonicalPair([name, value]: [string, AttributeValue]): unknown[] {
  const isList = Array.isArray(value);
  const scalars = (isList ? value : [value]) as readonly AttributeScalar[];
  return [
    name,
    isList,
    scalars.map((scalar) => (scalar instanceof Date ? ['date', scalar.getTime()] : [typeof scalar, String(scalar)])),
  ];
}
