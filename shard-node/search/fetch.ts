/** What users see of a document: id, title, text and attributes by docId, and docIds by id. */
import { bufferOf, uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { attributesToWire, isList } from '../../proto/attributes.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type {
  FetchedDocument,
  FetchRequest,
  FetchResponse,
  FetchShard,
  LookupRequest,
  LookupResponse,
  ReadDocumentsRequest,
  ReadDocumentsResponse,
  ShardDocuments,
} from '../../proto/generated/shoal/v1/shard.js';
import { float32Rows } from '../../vector-index/codebook/float16-rows.js';
import type { IndexDocument } from '../../vector-index/document.js';
import type { ReplicaSet } from '../replicas.js';
import { perShard } from './answers.js';

/** Bytes of documents beyond which no further one joins an answer; the rest is left for another request. */
const answerBytes = 2 * 1024 * 1024;

/** The documents that are still there, in the order asked, for every shard named. */
export async function fetch(request: FetchRequest, replicas: ReplicaSet): Promise<FetchResponse> {
  const shards = await Promise.all(
    request.shards.map((asked) =>
      perShard(
        asked.ref,
        () => fetchShard(asked, request, replicas),
        (outcome) => ({ ...outcome, documents: [], unread: 0 }),
      ),
    ),
  );
  return { shards };
}

function fetchShard(asked: FetchShard, request: FetchRequest, replicas: ReplicaSet): ShardDocuments {
  const replica = replicas.replica(request.uid, asked.ref);
  const docIds = uint64From(asked.docIds, 'docIds');
  const documents: FetchedDocument[] = [];
  let read = 0;
  for (let bytes = 0; read < docIds.length; read += 1) {
    const [document = null] = replica.index.fetch(docIds.subarray(read, read + 1));
    if (document === null) continue;
    bytes += sizeOf(document, request.withVectors);
    if (documents.length > 0 && bytes > answerBytes) break;
    documents.push(toWire(document, request.withVectors));
  }
  return { shard: replica.shard, status: 0, message: '', documents, unread: docIds.length - read };
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
  const found = replica.index.scroll(request.after, request.limit);
  const documents: FetchedDocument[] = [];
  let bytes = 0;
  for (const document of found) {
    bytes += sizeOf(document, request.withVectors);
    if (documents.length > 0 && bytes > answerBytes) break;
    documents.push(toWire(document, request.withVectors));
  }
  return { documents, done: documents.length === found.length && found.length < request.limit };
}

/** Bytes of a document on the wire, near enough to bound an answer: everything that a user may make large is counted. */
function sizeOf({ title, text, attributes, dense, terms, tokens }: IndexDocument, withVectors: boolean): number {
  const vectors = (dense?.byteLength ?? 0) + (terms?.termIds.byteLength ?? 0) * 2 + (tokens?.rows.byteLength ?? 0);
  return (text.length + (title?.length ?? 0)) * 2 + attributeBytes(attributes) + (withVectors ? vectors : 0);
}

function attributeBytes(attributes: IndexDocument['attributes']): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += name.length + 8;
    for (const scalar of isList(value) ? value : [value])
      bytes += typeof scalar === 'string' ? scalar.length * 2 + 8 : 24;
  }
  return bytes;
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
  if (tokens === null) return;
  // The wire has uncoded rows as float32, the index as float16.
  const rows = tokens.codec === '' ? float32Rows(tokens.rows) : tokens.rows;
  wire.tokens = { count: tokens.count, rows: bufferOf(rows), codec: tokens.codec };
}
