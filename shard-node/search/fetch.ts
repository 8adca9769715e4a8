/** What users see of a document: id, title, text and attributes by docId, and docIds by id. */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import type {
  FetchedDocument,
  FetchRequest,
  FetchResponse,
  FetchShard,
  ShardDocuments,
} from '../../proto/generated/shoal/v1/shard.js';
import type { IndexDocument } from '../../vector-index/document.js';
import type { Selection } from '../../vector-index/filter/row-filter.js';
import type { Replica } from '../replica.js';
import type { ReplicaSet } from '../replicas.js';
import { keysFrom, noBytes, perShard, selectionFrom } from './answers.js';
import { fetchedDocument, logDocument, sizeOf } from './documents-to-wire.js';

/** Bytes of documents beyond which no further one joins an answer; the rest is left for another request. */
const answerBytes = 2 * 1024 * 1024;

/** The documents that are still there and match, in the order asked, for every shard named. */
export async function fetch(request: FetchRequest, replicas: ReplicaSet, deadline: Deadline): Promise<FetchResponse> {
  const selection = selectionFrom(request.filter);
  const shards = await Promise.all(
    request.shards.map((asked) =>
      perShard(
        asked.ref,
        async () => {
          const replica = replicas.replica(request.uid, asked.ref);
          await replica.waitApplied(asked.required, deadline);
          return fetchShard(replica, asked, request, selection);
        },
        (outcome) => ({ ...outcome, documents: [], unread: 0, unmatched: noBytes }),
      ),
    ),
  );
  return { shards };
}

function fetchShard(replica: Replica, asked: FetchShard, request: FetchRequest, selection: Selection): ShardDocuments {
  const keys = keysFrom(asked);
  const isWhole = request.withVectors || request.withRecord;
  const documents: FetchedDocument[] = [];
  let bytes = 0;
  let read = 0;
  const unmatched: bigint[] = [];
  // Who wants a document as the log had it does not know which of its passages are here.
  const isAnyPassage = request.withRecord && keys.passages === null && selection.filter === null;
  replica.index.visit(keys, selection, (found, isUnmatched) => {
    if (isUnmatched) unmatched.push(keys.docIds[read]!);
    const document = found ?? (isAnyPassage ? (replica.index.passages(keys.docIds[read]!)[0] ?? null) : null);
    if (document !== null) {
      const further = request.withRecord ? furtherOf(replica, document) : [];
      bytes += [document, ...further].reduce((sum, part) => sum + sizeOf(part, isWhole), 0);
      if (documents.length > 0 && bytes > answerBytes) return false;
      const fetched = fetchedDocument(document, request.withVectors);
      documents.push(request.withRecord ? { ...fetched, record: logDocument(document, further) } : fetched);
    }
    read += 1;
    return true;
  });
  return {
    shard: replica.shard,
    status: 0,
    message: '',
    documents,
    unread: keys.docIds.length - read,
    unmatched: bufferOf(BigUint64Array.from(unmatched)),
  };
}

/** The passages behind `document`'s own that are here. */
function furtherOf({ index }: Replica, { docId, passage }: IndexDocument): IndexDocument[] {
  return index.passages(docId).filter((other) => other.passage > passage);
}
