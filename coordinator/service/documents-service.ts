/** The gRPC face of writing and reading documents. */
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { clientStreamHandler, serverStreamHandler, unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type {
  DocumentsServer,
  ImportRequest,
  ScrollRequest,
  ScrollResponse,
} from '../../proto/generated/shoal/v1/documents.js';
import type { Deadline } from '../../base/deadline.js';
import { deleteDocuments } from '../documents/delete.js';
import { countDocuments } from '../documents/count.js';
import { getDocument, positionOf } from '../documents/read.js';
import { scrollDocuments } from '../documents/scroll.js';
import { setAttributes } from '../documents/set.js';
import { importDocuments } from '../ingest/import.js';
import { ingest } from '../ingest/ingest.js';
import type { CoordinatorParts } from '../parts.js';

/** Bulk streams and scrolls last as long as the client goes on; a day bounds the forgotten ones. */
const streamDeadlineMs = 24 * 3_600_000;
const scrollBatchDefault = 256;

/** The handlers of `shoal.v1.Documents`. */
export function documentsService(parts: CoordinatorParts): DocumentsServer {
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault: limits.writeDeadlineMs };
  const streaming = { ...options, deadlineMsDefault: streamDeadlineMs };
  const named = (name: string): ReturnType<typeof collectionNamed> => collectionNamed(parts.view.current(), name);
  return {
    upsert: unaryHandler(async (request, { deadline }) => {
      const settings = named(request.collection);
      checkCount(request.documents);
      const { results, sequence } = await ingest(request, settings, parts, deadline);
      return { uid: settings.uid, sequence, results: [...results] };
    }, options),
    import: clientStreamHandler((requests, { deadline }) => importStream(requests, parts, deadline), streaming),
    setAttributes: unaryHandler(async (request, { deadline }) => {
      const settings = named(request.collection);
      const { docId, sequence } = await setAttributes(request, settings, parts, deadline);
      return { uid: settings.uid, docId, sequence };
    }, options),
    getDocument: unaryHandler(async ({ collection, id, withVectors, minSequence }, { deadline }) => {
      const settings = named(collection);
      const how = { withVectors, minSequence: positionOf(minSequence, settings) };
      const { docId, document } = await getDocument(id, how, settings, { ...parts, deadline });
      return { uid: settings.uid, docId, document };
    }, options),
    deleteDocuments: unaryHandler(async (request, { deadline }) => {
      const settings = named(request.collection);
      const { count, sequence } = await deleteDocuments(request, settings, parts, deadline);
      return { uid: settings.uid, sequence, deleted: BigInt(count) };
    }, options),
    countDocuments: unaryHandler(async ({ collection, filter, minSequence }, { deadline }) => {
      const settings = named(collection);
      const what = { filter, minSequence: positionOf(minSequence, settings) };
      return { uid: settings.uid, documents: await countDocuments(what, settings, parts, deadline) };
    }, options),
    scroll: serverStreamHandler((request, { deadline }) => scrollStream(request, parts, deadline), streaming),
  };
}

function checkCount(documents: readonly Document[]): void {
  if (documents.length <= limits.documentsPerRecordMax) return;
  const what = `${documents.length} documents in one request, the limit is ${limits.documentsPerRecordMax}`;
  throw new ShoalError('INVALID_ARGUMENT', `${what}; send less at once, or use the bulk import`);
}

async function importStream(
  requests: AsyncIterable<ImportRequest>,
  parts: CoordinatorParts,
  deadline: Deadline,
): ReturnType<typeof importDocuments> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) {
    throw new ShoalError('INVALID_ARGUMENT', 'the import has no message; name the collection in the first one');
  }
  const settings = collectionNamed(parts.view.current(), first.value.collection);
  return importDocuments(batches(first.value, iterator), settings, parts, deadline);
}

async function* batches(first: ImportRequest, rest: AsyncIterator<ImportRequest>): AsyncGenerator<readonly Document[]> {
  yield first.documents;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value.documents;
}

async function* scrollStream(
  request: ScrollRequest,
  parts: CoordinatorParts,
  deadline: Deadline,
): AsyncGenerator<ScrollResponse> {
  const settings = collectionNamed(parts.view.current(), request.collection);
  const batch = request.batch === 0 ? scrollBatchDefault : Math.min(request.batch, limits.documentsPerRecordMax);
  const { withVectors, filter, afterId } = request;
  const options = { batch, withVectors, filter, afterId, minSequence: positionOf(request.minSequence, settings) };
  for await (const found of scrollDocuments(options, settings, parts, deadline)) {
    const documents = found.map(({ docId, document }) => ({
      docId,
      document: present(document, 'a scrolled document'),
    }));
    yield { uid: settings.uid, documents };
  }
}
