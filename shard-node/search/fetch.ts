/** What users see of a document: id, title, text and attributes by docId, and docIds by id. */
import { bufferOf, uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { attributesToWire } from '../../proto/attributes.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type {
  FetchedDocument,
  FetchRequest,
  FetchResponse,
  LookupRequest,
  LookupResponse,
  ReadDocumentsRequest,
  ReadDocumentsResponse,
} from '../../proto/generated/shoal/v1/shard.js';
import type { IndexDocument } from '../../vector-index/document.js';
import type { ReplicaSet } from '../replicas.js';
import { perShard } from './answers.js';

/** The documents that are still there, in the order asked, for every shard named. */
export async function fetch(request: FetchRequest, replicas: ReplicaSet): Promise<FetchResponse> {
  const shards = await Promise.all(
    request.shards.map((asked) =>
      perShard(
        asked.ref,
        () => {
          const replica = replicas.replica(request.uid, asked.ref);
          const found = replica.index.fetch(uint64From(asked.docIds, 'docIds'));
          const documents = found.flatMap((document) =>
            document === null ? [] : [toWire(document, request.withVectors)],
          );
          return { shard: replica.shard, status: 0, message: '', documents };
        },
        (outcome) => ({ ...outcome, documents: [] }),
      ),
    ),
  );
  return { shards };
}

/** The newest docId of each id; 0 for an id that is not there. */
export async function lookup(
  request: LookupRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<LookupResponse> {
  const replica = replicas.replica(request.uid, request.ref);
  await replica.waitApplied(request.minSequence, deadline);
  return { docIds: bufferOf(replica.index.lookup(request.ids)) };
}

/** Up to `limit` documents with a docId above `after`, ascending. */
export function readDocuments(request: ReadDocumentsRequest, replicas: ReplicaSet): ReadDocumentsResponse {
  if (request.limit < 1 || request.limit > limits.documentsPerRecordMax) {
    const range = `1 to ${limits.documentsPerRecordMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `limit is ${request.limit}; it must be ${range}`);
  }
  const replica = replicas.replica(request.uid, request.ref);
  const documents = replica.index.scroll(request.after, request.limit);
  return {
    documents: documents.map((document) => toWire(document, request.withVectors)),
    done: documents.length < request.limit,
  };
}

function toWire(document: IndexDocument, withVectors: boolean): FetchedDocument {
  const wire: Document = {
    id: document.id,
    ...(document.title === null ? {} : { title: document.title }),
    text: document.text,
    attributes: attributesToWire(document.attributes),
    sparse: undefined,
    tokens: undefined,
  };
  if (withVectors) addVectors(wire, document);
  return { docId: document.docId, document: wire };
}

function addVectors(wire: Document, { dense, terms, tokens }: IndexDocument): void {
  if (dense !== null) wire.vector = bufferOf(dense);
  if (terms !== null) wire.sparse = { termIds: bufferOf(terms.termIds), weights: bufferOf(terms.weights) };
  if (tokens !== null) wire.tokens = { count: tokens.count, rows: bufferOf(tokens.rows), codec: tokens.codec };
}
