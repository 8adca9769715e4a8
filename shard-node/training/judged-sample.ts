/** What a training from judgements learns from: documents that were judged relevant, some of the others, and which of them each query wants. */
import { float32From, uint32From, uint64From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import { gatherRows } from '../../trainer/rows.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';

export interface JudgedSample {
  /** float32[n, dim]: first what is relevant to any query, then others. */
  readonly vectors: Float32Array;
  /** float32[m, dim]: queries of which something relevant is still there. */
  readonly queries: Float32Array;
  /** uint32 each: rows of `vectors` that are relevant to each query, at least one. */
  readonly relevant: readonly Uint32Array[];
}

export interface JudgedSampleOptions {
  readonly dim: number;
  readonly index: Pick<ShardIndex, 'sampleAround'>;
  /** Rows of the sample at most. */
  readonly rows: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** INVALID_ARGUMENT where the columns of the request do not fit each other, or more is relevant than the sample may have. */
export async function judgedSample(
  request: Pick<BeginTrainingRequest, 'queries' | 'relevant' | 'relevantCounts'>,
  { dim, index, rows, random, signal }: JudgedSampleOptions,
): Promise<JudgedSample> {
  const queries = float32From(request.queries, 'queries');
  const judged = uint64From(request.relevant, 'relevant documents');
  const counts = uint32From(request.relevantCounts, 'counts of relevant documents');
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (queries.length !== counts.length * dim || total !== judged.length) {
    const what = `${queries.length / dim} queries come with judgements of ${counts.length}, which name ${total} documents`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}, and ${judged.length} are given; are versions equal?`);
  }
  const docIds = BigUint64Array.from(new Set(judged));
  if (docIds.length > rows) {
    const what = `${docIds.length} documents were judged relevant, and a training takes ${rows} vectors`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; give fewer queries`);
  }
  const { own, others } = await index.sampleAround(docIds, { count: rows - docIds.length, random }, signal);
  const rowsOf = rowsByDocument(docIds, own.owners);
  let end = 0;
  const all = Array.from(counts, (count) => {
    const wanted = judged.subarray(end, (end += count));
    return Uint32Array.from([...new Set(wanted)].flatMap((docId) => rowsOf.get(docId) ?? []));
  });
  const numbers = Uint32Array.from(all.keys()).filter((query) => all[query]!.length > 0);
  const vectors = new Float32Array(own.vectors.length + others.length);
  vectors.set(own.vectors);
  vectors.set(others, own.vectors.length);
  return { vectors, queries: gatherRows(queries, dim, numbers), relevant: Array.from(numbers, (query) => all[query]!) };
}

/** Rows of each document: one for each of its passages. */
function rowsByDocument(docIds: BigUint64Array, owners: Uint32Array): ReadonlyMap<bigint, readonly number[]> {
  const rowsOf = new Map<bigint, number[]>();
  owners.forEach((owner, row) => {
    const docId = docIds[owner]!;
    const own = rowsOf.get(docId);
    if (own === undefined) rowsOf.set(docId, [row]);
    else own.push(row);
  });
  return rowsOf;
}
