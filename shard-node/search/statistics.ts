/** Counts of a shard: live documents and document frequencies for BM25's idf, sizes and log positions for people. */
import { bufferOf, uint32From } from '../../base/bytes.js';
import type {
  GetStatisticsRequest,
  GetStatisticsResponse,
  ShardStatistics,
} from '../../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from '../replicas.js';
import { noBytes, perShard, type ShardOutcome } from './answers.js';

/** Counts of every shard named; document frequencies in the order of the terms asked. */
export async function statistics(request: GetStatisticsRequest, replicas: ReplicaSet): Promise<GetStatisticsResponse> {
  const termIds = uint32From(request.termIds, 'term ids');
  const shards = await Promise.all(
    request.shards.map((ref) =>
      perShard(
        ref,
        () => {
          const replica = replicas.replica(request.uid, ref);
          const counts = replica.index.statistics(termIds);
          return {
            shard: replica.shard,
            status: 0,
            message: '',
            documents: BigInt(counts.documents),
            documentFrequencies: bufferOf(counts.documentFrequencies),
            diskBytes: BigInt(counts.diskBytes),
            applied: replica.applied,
            durable: replica.durable,
            segments: counts.segments,
            mutableDocuments: BigInt(counts.mutableDocuments),
            tombstones: BigInt(counts.tombstones),
          };
        },
        unknown,
      ),
    ),
  );
  return { shards };
}

function unknown(outcome: ShardOutcome): ShardStatistics {
  return {
    ...outcome,
    documents: 0n,
    documentFrequencies: noBytes,
    diskBytes: 0n,
    applied: 0n,
    durable: 0n,
    segments: 0,
    mutableDocuments: 0n,
    tombstones: 0n,
  };
}
