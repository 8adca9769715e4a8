/** First stage on a shard node: the nearest documents by dense vector and the best by words, for each shard asked. */
import { bytesOf, uint32From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { limits } from '../../base/limits.js';
import { ShoalError } from '../../base/errors.js';
import type { ScanRequest, ScanResponse, ScanShard, ShardScan } from '../../proto/generated/shoal/v1/shard.js';
import type { Replica } from '../replica.js';
import type { ReplicaSet } from '../replicas.js';
import { candidatesToWire, perShard, selectionFrom, termsFrom, vectorFrom } from './answers.js';

/** Up to `k` candidates of each stage from every shard named. A shard that cannot answer says why in its part. */
export async function scan(request: ScanRequest, replicas: ReplicaSet, deadline: Deadline): Promise<ScanResponse> {
  if (request.k < 1 || request.k > limits.kMax) {
    throw new ShoalError('INVALID_ARGUMENT', `k is ${request.k}; it must be 1 to ${limits.kMax}`);
  }
  const shards = await Promise.all(
    request.shards.map((asked) =>
      perShard(
        asked.ref,
        () => scanShard(asked, request, replicas, deadline),
        (outcome) => ({ ...outcome, dense: undefined, sparse: undefined, applied: 0n, behind: false }),
      ),
    ),
  );
  return { shards };
}

/**
 * uint32[n]: the replica's own lists. Those of another structure than its own mean nothing to it, so that all of its own are a superset, unless they
 * were but split since.
 */
function listsOf({ lists }: ScanShard, version: number, { index, structureVersion }: Replica): Uint8Array | undefined {
  if (version === structureVersion || lists.length === 0) return lists;
  const now = index.listsNow(version, uint32From(lists, 'lists'));
  return now === null ? undefined : bytesOf(now);
}

async function scanShard(
  asked: ScanShard,
  request: ScanRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<ShardScan> {
  const replica = replicas.replica(request.uid, asked.ref);
  await replica.waitApplied(asked.required, deadline);
  const learned = asked.dense ? await replicas.learned.of(request.uid, request.parametersVersion) : null;
  const selection = selectionFrom(request.filter, listsOf(asked, request.structureVersion, replica));
  const dense = asked.dense ? vectorFrom(request.dense, replica.dim, 'the query vector') : null;
  const terms = asked.sparse ? termsFrom(request.sparse) : null;
  const found = await replica.index.scan(
    { dense, sparse: terms, k: request.k, selection, isExact: request.exact, learned },
    deadline.signal,
  );
  return {
    shard: replica.shard,
    status: 0,
    message: '',
    dense: found.dense === null ? undefined : candidatesToWire(found.dense),
    sparse: found.sparse === null ? undefined : candidatesToWire(found.sparse),
    applied: replica.applied,
    behind: replica.isBehind,
    ...(found.matching === null ? {} : { matching: BigInt(found.matching) }),
  };
}
