/**
 * Bulk import: documents from any iterable, in batches, on one stream, as fast as the cluster takes them.
 *
 * Back-pressure: when the connection's buffer is full the source is not asked for more until it drains. What comes slowly is sent as it
 * comes, at most a second later. Documents are neither encoded nor stored here.
 */
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Attributes } from '../../proto/attributes.js';
import { Batches } from './batches.js';
import { upload } from './upload.js';
import { documentToWire, writeResultFromWire } from './wire.js';
import type { DocumentsClient, ImportRequest, ImportResponse } from '../../proto/generated/shoal/v1/documents.js';
import type { Target } from './call.js';
import type { Document, DocumentPassage, ImportProgress, ImportResult } from './types.js';

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
  const answer = await upload<ImportRequest, ImportResponse>(target, client.import.bind(client), async (write) => {
    let sent = 0;
    if (!(await write({ collection: source.collection, documents: [] }))) return;
    const batches = new Batches(target.clock, async (batch) => {
      if (!(await write({ collection: '', documents: batch.map(documentToWire) }))) return false;
      sent += batch.length;
      options.onProgress?.({ documents: sent });
      return true;
    });
    try {
      for await (const document of source.documents) {
        const bytes = checkedBytes(document);
        if (batches.isFull(bytes) && !(await batches.flush())) return;
        batches.add(document, bytes);
      }
      await batches.flush();
    } finally {
      batches.close();
    }
  });
  return resultFromWire(answer);
}

/** About how many bytes it has on the wire. INVALID_ARGUMENT when no message can hold it. */
function checkedBytes(document: Document): number {
  const bytes = estimatedBytes(document);
  if (bytes <= limits.messageBytesMax) return bytes;
  const what = `document ${document.id} has about ${bytes} bytes, more than the ${limits.messageBytesMax} of a message`;
  throw new ShoalError('INVALID_ARGUMENT', `${what}; chunk it`);
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
    (document.sparse === undefined ? 0 : document.sparse.termIds.byteLength + document.sparse.weights.byteLength) +
    (document.passages ?? []).reduce((sum, each) => sum + passageBytes(each), 0)
  );
}

function passageBytes({ vector, tokens }: DocumentPassage): number {
  return 32 + vector.byteLength + (tokens?.rows.byteLength ?? 0);
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
