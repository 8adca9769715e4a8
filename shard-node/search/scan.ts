/** First stage on a shard node: the nearest documents by dense vector and the best by words, for each shard asked. */
import type { Deadline } from '../../base/deadline.js';
import { limits } from '../../base/limits.js';
import { ShoalError } from '../../base/errors.js';
import type { ScanRequest, ScanResponse, ScanShard, ShardScan } from '../../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from '../replicas.js';
import { candidatesToWire, perShard, termsFrom, vectorFrom } from './answers.js';

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

async function scanShard(
  asked: ScanShard,
  request: ScanRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<ShardScan> {
  const replica = replicas.replica(request.uid, asked.ref);
  await replica.waitApplied(request.minSequence, deadline);
  const dense = asked.dense ? vectorFrom(request.dense, replica.dim, 'the query vector') : null;
  const terms = asked.sparse ? termsFrom(request.sparse) : null;
  const [denseFound, sparseFound] = await Promise.all([
    dense === null ? undefined : replica.index.searchDense(dense, request.k, deadline.signal),
    terms === null ? undefined : replica.index.searchSparse(terms, request.k, deadline.signal),
  ]);
  return {
    shard: replica.shard,
    status: 0,
    message: '',
    dense: denseFound && candidatesToWire(denseFound),
    sparse: sparseFound && candidatesToWire(sparseFound),
    applied: replica.applied,
    behind: replica.phase !== 'ready',
  };
}
