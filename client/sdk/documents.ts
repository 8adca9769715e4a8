/** Documents: upsert, set, get, delete, count, scroll, import. */
import { Metadata } from '@grpc/grpc-js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { attributesToWire, type Attributes } from '../../proto/attributes.js';
import { unary, type Target } from './call.js';
import { errorOfCall } from './errors.js';
import { importDocuments, type ImportOptions } from './import.js';
import { conditionsToWire, documentFromWire, documentToWire, filterToWire, writeResultFromWire } from './wire.js';
import {
  CountDocumentsRequest,
  DeleteDocumentsRequest,
  GetDocumentRequest,
  ScrollRequest,
  SetAttributesRequest,
  UpsertRequest,
  type DeleteDocumentsResponse,
  type DocumentsClient,
} from '../../proto/generated/shoal/v1/documents.js';
import type {
  DeleteResult,
  Document,
  ImportResult,
  MinSequence,
  SetResult,
  StoredDocument,
  UpsertResult,
  WriteOptions,
} from './types.js';

export interface ReadOptions {
  /** Also the dense, sparse and token vectors, and passages. */
  readonly withVectors?: boolean;
  /** Wait until this write is visible. */
  readonly minSequence?: MinSequence;
}

export interface FilterOptions {
  /** CEL over attributes: only documents that match. */
  readonly filter?: string;
  readonly minSequence?: MinSequence;
}

export interface ScrollOptions extends ReadOptions, FilterOptions {
  /** Documents with a larger id follow. */
  readonly afterId?: string;
}

export interface DocumentCalls {
  /**
   * Writes documents (at most 4,096 and 8 MiB a call); resolves when the accepted ones are on disk. Refused ones, also those whose
   * condition did not hold, say why in their result.
   */
  upsert(collection: string, documents: readonly Document[], options?: WriteOptions): Promise<UpsertResult>;
  /** Sets or replaces attributes and removes those named in `remove`, without encoding again. NOT_FOUND for an unknown id. */
  set(collection: string, id: string, attributes: Attributes, remove?: readonly string[]): Promise<SetResult>;
  /** NOT_FOUND for an unknown id. */
  get(collection: string, id: string, options?: ReadOptions): Promise<StoredDocument & { readonly uid: string }>;
  /** Unknown ids, and those whose condition did not hold, count 0. */
  delete(collection: string, ids: readonly string[], options?: WriteOptions): Promise<DeleteResult>;
  /** Deletes what matches the CEL expression `filter`, each document unless it changed since it was found. */
  deleteWhere(collection: string, filter: string): Promise<DeleteResult>;
  count(collection: string, options?: FilterOptions): Promise<{ readonly uid: string; readonly documents: number }>;
  /** Every document in ascending order of ids (bytes), each that exists throughout exactly once; leaving the loop ends the call. */
  scroll(collection: string, options?: ScrollOptions): AsyncGenerator<StoredDocument>;
  /** Any number of documents, with back-pressure; see `importDocuments`. */
  import(
    collection: string,
    documents: AsyncIterable<Document> | Iterable<Document>,
    options?: ImportOptions,
  ): Promise<ImportResult>;
}

/** Milliseconds in which a filter may have its many documents deleted. */
const deleteWhereDeadlineMs = 600_000;

/** The calls about documents over `client`. */
export function documentCalls(target: Target, client: DocumentsClient): DocumentCalls {
  return {
    ...writeCalls(target, client),
    async get(collection, id, { withVectors = false, minSequence } = {}) {
      const request = GetDocumentRequest.fromPartial({ collection, id, withVectors, minSequence });
      const wire = await unary(target, client.getDocument.bind(client), request);
      if (wire.document === undefined) {
        throw new ShoalError('NOT_FOUND', `collection ${collection} has no document with the id ${id}`);
      }
      return { uid: wire.uid, ...documentFromWire(wire.document, wire.docId) };
    },
    async count(collection, options = {}) {
      const request = CountDocumentsRequest.fromPartial({ collection, ...options, ...filtered(options) });
      const wire = await unary(target, client.countDocuments.bind(client), request);
      return { uid: wire.uid, documents: Number(wire.documents) };
    },
    scroll: (collection, options = {}) => scroll(target, client, { collection, ...options }),
    import: (collection, documents, options) => importDocuments(target, client, { collection, documents }, options),
  };
}

function writeCalls(
  target: Target,
  client: DocumentsClient,
): Pick<DocumentCalls, 'upsert' | 'set' | 'delete' | 'deleteWhere'> {
  const { writeDeadlineMs } = limits;
  return {
    async upsert(collection, documents, options = {}) {
      const request = UpsertRequest.fromPartial({
        collection,
        documents: documents.map(documentToWire),
        ...conditional(options),
      });
      const wire = await unary(target, client.upsert.bind(client), request, writeDeadlineMs);
      return { uid: wire.uid, sequence: wire.sequence, results: wire.results.map(writeResultFromWire) };
    },
    async set(collection, id, attributes, remove = []) {
      const changes = { attributes: attributesToWire(attributes), remove: [...remove] };
      const request = SetAttributesRequest.fromPartial({ collection, id, ...changes });
      return await unary(target, client.setAttributes.bind(client), request, writeDeadlineMs);
    },
    async delete(collection, ids, options = {}) {
      const request = DeleteDocumentsRequest.fromPartial({ collection, ids: [...ids], ...conditional(options) });
      return deleted(await unary(target, client.deleteDocuments.bind(client), request, writeDeadlineMs));
    },
    async deleteWhere(collection, filter) {
      const request = DeleteDocumentsRequest.fromPartial({ collection, filter: filterToWire(filter) });
      return deleted(await unary(target, client.deleteDocuments.bind(client), request, deleteWhereDeadlineMs));
    },
  };
}

function conditional({ conditions = [], writeId = '' }: WriteOptions): Pick<UpsertRequest, 'conditions' | 'writeId'> {
  return { conditions: conditionsToWire(conditions), writeId };
}

function filtered({ filter }: FilterOptions): FilterOptions {
  return filter === undefined ? {} : { filter: filterToWire(filter) };
}

function deleted(wire: DeleteDocumentsResponse): DeleteResult {
  return { uid: wire.uid, sequence: wire.sequence, deleted: Number(wire.deleted) };
}

async function* scroll(
  target: Target,
  client: DocumentsClient,
  options: ScrollOptions & { readonly collection: string },
): AsyncGenerator<StoredDocument> {
  const request = ScrollRequest.fromPartial({ ...options, ...filtered(options) });
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
