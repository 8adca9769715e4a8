/**
 * Bulk import: documents from any iterable, in batches, on one stream, as fast as the cluster takes them.
 *
 * Back-pressure: when the connection's buffer is full the source is not asked for more until it drains. Documents are neither
 * encoded nor stored here.
 */
import { Metadata } from '@grpc/grpc-js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Attributes } from '../../proto/attributes.js';
import { errorOfCall } from './errors.js';
import { documentToWire, writeResultFromWire } from './wire.js';
import type { DocumentsClient, ImportRequest, ImportResponse } from '../../proto/generated/shoal/v1/documents.js';
import type { Target } from './call.js';
import type { Document, ImportProgress, ImportResult } from './types.js';

/** Bytes of a message beyond which no further document joins it. */
const batchBytesMax = 1024 * 1024;
/** Documents of a message. */
const batchDocumentsMax = 256;

export interface ImportOptions {
  /** Called after each batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Sends `documents` to `collection` and resolves when all accepted ones are on disk. Documents that the cluster refuses are in the
 * answer; an error of the source or of the connection ends the import, and what was acknowledged before stays.
 * INVALID_ARGUMENT for a document larger than a message.
 */
export async function importDocuments(
  target: Target,
  client: DocumentsClient,
  source: { readonly collection: string; readonly documents: AsyncIterable<Document> | Iterable<Document> },
  options: ImportOptions = {},
): Promise<ImportResult> {
  const stream = openStream(target, client);
  // A stream that failed is reported by `answer`, which is awaited below, whatever the source does meanwhile.
  stream.answer.catch(() => undefined);
  try {
    let sent = 0;
    await stream.write({ collection: source.collection, documents: [] });
    for await (const batch of batches(source.documents)) {
      if (!(await stream.write({ collection: '', documents: batch.map(documentToWire) }))) break;
      sent += batch.length;
      options.onProgress?.({ documents: sent });
    }
  } catch (error) {
    stream.cancel();
    throw ShoalError.from(error);
  }
  stream.end();
  return resultFromWire(await stream.answer);
}

interface ImportStream {
  /** Resolves when the next message may be written; false when the stream has ended. */
  write(request: ImportRequest): Promise<boolean>;
  end(): void;
  cancel(): void;
  readonly answer: Promise<ImportResponse>;
}

function openStream(target: Target, client: DocumentsClient): ImportStream {
  const state = { ended: false, wake: (): void => undefined };
  let settle: (error: unknown, response: ImportResponse) => void;
  const answer = new Promise<ImportResponse>((resolve, reject) => {
    settle = (error, response) => {
      state.ended = true;
      state.wake();
      if (error !== null) reject(errorOfCall(error, target.address));
      else resolve(response);
    };
  });
  const call = client.import(new Metadata(), {}, (error, response) => settle(error, response));
  call.on('drain', () => state.wake());
  // The answer's callback reports the same failure.
  call.on('error', () => undefined);
  return {
    async write(request) {
      if (state.ended) return false;
      if (!call.write(request)) await new Promise<void>((resolve) => (state.wake = resolve));
      return !state.ended;
    },
    end: () => {
      if (!state.ended) call.end();
    },
    cancel: () => call.cancel(),
    answer,
  };
}

/** Groups of documents that fit one message together. */
async function* batches(documents: AsyncIterable<Document> | Iterable<Document>): AsyncGenerator<Document[]> {
  let batch: Document[] = [];
  let batchBytes = 0;
  for await (const document of documents) {
    const bytes = estimatedBytes(document);
    if (bytes > limits.messageBytesMax) {
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `document ${document.id} has about ${bytes} bytes, more than the ${limits.messageBytesMax} of a message; chunk it`,
      );
    }
    if (batch.length > 0 && (batchBytes + bytes > batchBytesMax || batch.length === batchDocumentsMax)) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(document);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}

/** Bytes of a document on the wire, near enough for batching. */
function estimatedBytes(document: Document): number {
  return (
    64 +
    Buffer.byteLength(document.id) +
    Buffer.byteLength(document.title ?? '') +
    Buffer.byteLength(document.text ?? '') +
    attributeBytes(document.attributes ?? {}) +
    (document.vector?.byteLength ?? 0) +
    (document.tokens?.rows.byteLength ?? 0) +
    (document.sparse === undefined ? 0 : document.sparse.termIds.byteLength + document.sparse.weights.byteLength)
  );
}

function attributeBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + 8;
    for (const scalar of Array.isArray(value) ? value : [value]) {
      bytes += typeof scalar === 'string' ? Buffer.byteLength(scalar) + 8 : 16;
    }
  }
  return bytes;
}

function resultFromWire(wire: ImportResponse): ImportResult {
  return {
    uid: wire.uid,
    sequence: wire.sequence,
    read: Number(wire.read),
    written: Number(wire.written),
    unchanged: Number(wire.unchanged),
    rejected: Number(wire.rejected),
    rejects: wire.rejects.flatMap((reject) =>
      reject.result === undefined
        ? []
        : [{ position: Number(reject.position), result: writeResultFromWire(reject.result) }],
    ),
  };
}
