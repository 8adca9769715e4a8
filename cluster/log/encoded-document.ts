/**
 * A log document as bytes, made once: its vector, which is most of it, stays where it is until the body of a record is put together.
 *
 * Fields of a protobuf message may come in any order, so the vector's field is written behind the others.
 */
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';

export interface EncodedDocument {
  readonly id: string;
  /** A LogDocument without `dense`. */
  readonly head: Uint8Array;
  /** float32[dim] little-endian; not copied. */
  readonly dense: Uint8Array;
}

/** What `LogDocument.encode` writes into; used again and again, it need not grow for every document. */
export type LogDocumentWriter = ReturnType<typeof LogDocument.encode>;

/** A writer for `encodeDocument`, or for any other message. */
export function emptyWriter(): LogDocumentWriter {
  const writer = LogDocument.encode(LogDocument.create());
  writer.finish();
  return writer;
}

/** Field 1 of DocumentRecord and field 6 of LogDocument, both bytes with a length. */
const documentTag = 0x0a;
const denseTag = 0x32;

const noBytes = Buffer.alloc(0);

/** The bytes of `document`. `writer` must be empty, and is so again afterwards. */
export function encodeDocument(document: LogDocument, writer?: LogDocumentWriter): EncodedDocument {
  const { id, dense } = document;
  // Taken out and put back rather than left out of a copy: a copy of every document is what a bulk load would feel.
  document.dense = noBytes;
  const head = LogDocument.encode(document, writer).finish();
  document.dense = dense;
  return { id, head, dense };
}

/** Bytes that `document` takes in the body of a record. */
export function bodyBytesOf({ head, dense }: EncodedDocument): number {
  const bytes = head.length + fieldBytes(dense.length);
  return fieldBytes(bytes);
}

/** The bytes of a DocumentRecord of `documents`. */
export function joinDocuments(documents: readonly EncodedDocument[]): Uint8Array {
  const body = Buffer.allocUnsafe(documents.reduce((sum, document) => sum + bodyBytesOf(document), 0));
  let at = 0;
  for (const { head, dense } of documents) {
    at = writeTag(body, at, documentTag, head.length + fieldBytes(dense.length));
    body.set(head, at);
    at += head.length;
    if (dense.length === 0) continue;
    at = writeTag(body, at, denseTag, dense.length);
    body.set(dense, at);
    at += dense.length;
  }
  return body;
}

/** Bytes of a field with its tag and its length; an empty one is left out. */
function fieldBytes(length: number): number {
  if (length === 0) return 0;
  let lengthBytes = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthBytes += 1;
  return 1 + lengthBytes + length;
}

/** Writes a tag and a length at `at`; gives where they end. */
function writeTag(body: Buffer, at: number, tag: number, length: number): number {
  body[at] = tag;
  let end = at + 1;
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    body[end] = (rest % 0x80) | 0x80;
    end += 1;
  }
  body[end] = rest;
  return end + 1;
}
