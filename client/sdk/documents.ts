/** Documents: upsert, get, delete, count, scroll, import. */
import { Metadata } from '@grpc/grpc-js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { unary, type Target } from './call.js';
import { errorOfCall } from './errors.js';
import { importDocuments, type ImportOptions } from './import.js';
import { documentFromWire, documentToWire, writeResultFromWire } from './wire.js';
import {
  CountDocumentsRequest,
  DeleteDocumentsRequest,
  GetDocumentRequest,
  ScrollRequest,
  UpsertRequest,
  type DocumentsClient,
} from '../../proto/generated/shoal/v1/documents.js';
import type { DeleteResult, Document, ImportResult, StoredDocument, UpsertResult } from './types.js';

export interface ReadOptions {
  /** Also the dense, sparse and token vectors. */
  readonly withVectors?: boolean;
}

export interface DocumentCalls {
  /** Writes documents (at most 4,096 and 8 MiB a call); resolves when the accepted ones are on disk. Refused ones say why in their result. */
  upsert(collection: string, documents: readonly Document[]): Promise<UpsertResult>;
  /** NOT_FOUND for an unknown id. */
  get(collection: string, id: string, options?: ReadOptions): Promise<StoredDocument & { readonly uid: string }>;
  /** Unknown ids count 0. */
  delete(collection: string, ids: readonly string[]): Promise<DeleteResult>;
  count(collection: string): Promise<{ readonly uid: string; readonly documents: number }>;
  /** Every document in ascending docId; leaving the loop ends the call. */
  scroll(collection: string, options?: ReadOptions): AsyncGenerator<StoredDocument>;
  /** Any number of documents, with back-pressure; see `importDocuments`. */
  import(
    collection: string,
    documents: AsyncIterable<Document> | Iterable<Document>,
    options?: ImportOptions,
  ): Promise<ImportResult>;
}

/** The calls about documents over `client`. */
export function documentCalls(target: Target, client: DocumentsClient): DocumentCalls {
  return {
    async upsert(collection, documents) {
      const request = UpsertRequest.fromPartial({ collection, documents: documents.map(documentToWire) });
      const wire = await unary(target, client.upsert.bind(client), request, limits.writeDeadlineMs);
      return { uid: wire.uid, sequence: wire.sequence, results: wire.results.map(writeResultFromWire) };
    },
    async get(collection, id, options = {}) {
      const request = GetDocumentRequest.fromPartial({ collection, id, withVectors: options.withVectors ?? false });
      const wire = await unary(target, client.getDocument.bind(client), request);
      if (wire.document === undefined) {
        throw new ShoalError('NOT_FOUND', `collection ${collection} has no document with the id ${id}`);
      }
      return { uid: wire.uid, ...documentFromWire(wire.document, wire.docId) };
    },
    async delete(collection, ids) {
      const request = DeleteDocumentsRequest.fromPartial({ collection, ids: [...ids] });
      const wire = await unary(target, client.deleteDocuments.bind(client), request, limits.writeDeadlineMs);
      return { uid: wire.uid, sequence: wire.sequence, deleted: Number(wire.deleted) };
    },
    async count(collection) {
      const wire = await unary(
        target,
        client.countDocuments.bind(client),
        CountDocumentsRequest.fromPartial({ collection }),
      );
      return { uid: wire.uid, documents: Number(wire.documents) };
    },
    scroll: (collection, options = {}) =>
      scroll(target, client, ScrollRequest.fromPartial({ collection, withVectors: options.withVectors ?? false })),
    import: (collection, documents, options) => importDocuments(target, client, { collection, documents }, options),
  };
}

async function* scroll(
  target: Target,
  client: DocumentsClient,
  request: ScrollRequest,
): AsyncGenerator<StoredDocument> {
  const call = client.scroll(request, new Metadata());
  try {
    for await (const message of call) {
      const { documents } = message as { documents: readonly { docId: bigint; document: WireDocument | undefined }[] };
      for (const { document, docId } of documents) {
        if (document !== undefined) yield documentFromWire(document, docId);
      }
    }
  } catch (error) {
    throw errorOfCall(error, target.address);
  } finally {
    call.cancel();
  }
}

type WireDocument = Parameters<typeof documentFromWire>[0];
