/** Counts of a shard: live documents and document frequencies for BM25's idf, sizes and log positions for people. */
import { bufferOf, uint32From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import type {
  GetStatisticsRequest,
  GetStatisticsResponse,
  ListSizes,
  ShardStatistics,
} from '../../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from '../replicas.js';
import { noBytes, perShard, selectionFrom, type ShardOutcome } from './answers.js';

/**
 * Counts of every shard named, once it has applied what is required of the subjects that it hears; document frequencies in the order
 * of the terms asked.
 */
export async function statistics(
  request: GetStatisticsRequest,
  replicas: ReplicaSet,
  deadline: Deadline,
): Promise<GetStatisticsResponse> {
  const selection = request.filter === undefined ? null : selectionFrom(request.filter);
  const termIds = uint32From(request.termIds, 'term ids');
  const shards = await Promise.all(
    request.shards.map((ref) =>
      perShard(
        ref,
        async (): Promise<ShardStatistics> => {
          const replica = replicas.replica(request.uid, ref);
          const required = request.required.filter(({ subject }) => replica.hears(subject));
          await replica.waitApplied(required, deadline);
          const sizes = request.listSizes === true ? await replica.index.listSizes() : null;
          const counts = replica.index.statistics(termIds, selection);
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
            structureVersion: replica.structureVersion,
            olderRows: BigInt(replica.index.structureState.olderRows),
            ...(counts.matching === null ? {} : { matching: BigInt(counts.matching) }),
            ...(sizes === null ? {} : { listSizes: listSizesOf(sizes) }),
          };
        },
        unknown,
      ),
    ),
  );
  return { shards };
}

function listSizesOf(sizes: Uint32Array): ListSizes {
  const [vectors, longest] = sizes.reduce(([sum, most], size) => [sum + size, Math.max(most, size)] as const, [0, 0]);
  return { lists: sizes.length, vectors: BigInt(vectors), longest: BigInt(longest) };
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
    structureVersion: 0,
    olderRows: 0n,
  };
}
