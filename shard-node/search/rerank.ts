/** Exact scores where the documents are: dense, sparse and MaxSim of given candidates; scores travel, vectors do not. */
import { bufferOf, float32From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import type { RerankRequest, RerankResponse, RerankShard, ShardScores } from '../../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from '../replicas.js';
import { keysFrom, noBytes, perShard, termsFrom, vectorFrom } from './answers.js';

/** The scores asked for, in the order asked, for every shard named. */
export async function rerank(
  request: RerankRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<RerankResponse> {
  const shards = await Promise.all(
    request.shards.map((asked) =>
      perShard(
        asked.ref,
        () => rerankShard(asked, request, replicas, deadline),
        (outcome) => ({ ...outcome, ...noScores }),
      ),
    ),
  );
  return { shards };
}

const noScores = { dense: noBytes, sparse: noBytes, multi: noBytes, matchTokens: noBytes, matchScores: noBytes };

async function rerankShard(
  asked: RerankShard,
  request: RerankRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<ShardScores> {
  const replica = replicas.replica(request.uid, asked.ref);
  const keys = keysFrom(asked);
  await replica.waitApplied(asked.required, deadline);
  const dense = vectorFrom(request.dense, replica.dim, 'the query vector');
  const sparse = termsFrom(request.sparse);
  const scores = await replica.index.score(
    keys,
    {
      ...(dense === null ? {} : { dense }),
      ...(sparse === null ? {} : { sparse }),
      ...(request.queryTokens.length === 0 ? {} : { queryTokens: float32From(request.queryTokens, 'query tokens') }),
      matches: request.matches,
      ...(request.exactTop === 0 ? {} : { exactTop: request.exactTop }),
    },
    deadline.signal,
  );
  return {
    shard: replica.shard,
    status: 0,
    message: '',
    dense: columnOf(scores.dense),
    sparse: columnOf(scores.sparse),
    multi: columnOf(scores.multi),
    matchTokens: columnOf(scores.matchTokens),
    matchScores: columnOf(scores.matchScores),
  };
}

function columnOf(column: Float32Array | Uint32Array | Int32Array | null): Buffer {
  return column === null ? noBytes : bufferOf(column);
}
