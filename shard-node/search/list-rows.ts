/** Ids and versions of a shard's documents, page after page: what a directory is rebuilt from, and what deletes by filter go through. */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ListRowsRequest, ListRowsResponse } from '../../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from '../replicas.js';
import { selectionFrom } from './answers.js';

/** Up to `limit` documents that match, with a docId above `after`, ascending, once the replica has applied what is required. */
export async function listRows(
  request: ListRowsRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<ListRowsResponse> {
  checkPage(request.limit);
  const replica = replicas.replica(request.uid, request.ref);
  const selection = selectionFrom(request.filter);
  await replica.waitApplied(request.required, deadline);
  const { ids, docIds, contentHashes, primary, elsewhere, isDone } = replica.index.listRows(
    request.after,
    request.limit,
    selection,
  );
  return {
    ids: [...ids],
    docIds: bufferOf(docIds),
    contentHashes: bufferOf(contentHashes),
    primary: bufferOf(primary),
    done: isDone,
    elsewhere: elsewhere === null ? undefined : bufferOf(elsewhere),
  };
}

/** INVALID_ARGUMENT unless `limit` is a page's. */
export function checkPage(limit: number): void {
  if (limit >= 1 && limit <= limits.documentsPerRecordMax) return;
  const range = `1 to ${limits.documentsPerRecordMax}`;
  throw new ShoalError('INVALID_ARGUMENT', `limit is ${limit}; it must be ${range}`);
}
