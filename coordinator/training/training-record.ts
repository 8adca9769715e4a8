/**
 * What the registry knows of the latest training of a collection: its order, written before work begins, and in the end what came of it.
 * An order without an outcome is to be carried out, by whichever coordinator holds the claim.
 */
import { bytesOf } from '../../base/bytes.js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import { keys } from '../../cluster/keys.js';
import type { Registry, RegistryWrite } from '../../cluster/registry.js';
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings, LatestTraining } from '../../proto/generated/shoal/v1/collections.js';
import {
  TrainingOutcome,
  TrainingRecord,
  TrainRequest,
  type TrainingState,
  type TrainResult,
} from '../../proto/generated/shoal/v1/training.js';
import { AlreadyTraining } from './claim.js';

/** A record as it was read. */
export interface ReadRecord {
  readonly record: TrainingRecord;
  readonly revision: bigint;
}

/** Null before the first training of the collection, and once that is dropped. */
export async function readRecord(uid: string, registry: Pick<Registry, 'get'>): Promise<ReadRecord | null> {
  const entry = await registry.get(keys.trainingRecord(uid));
  return entry === null ? null : { record: TrainingRecord.decode(entry.value), revision: entry.revision };
}

export function putRecord(uid: string, record: TrainingRecord): RegistryWrite {
  return { operation: 'put', key: keys.trainingRecord(uid), value: TrainingRecord.encode(record).finish() };
}

/** Whether there is a training that has not ended. */
export function isUnderWay(record: TrainingRecord | undefined): record is TrainingRecord {
  return record !== undefined && record.outcome === undefined;
}

/** What a record says of `request`, which has its seed. */
export function newRecord(
  number: number,
  request: TrainRequest & { readonly seed: number },
  wallMs: number,
): TrainingRecord {
  return TrainingRecord.fromPartial({
    number,
    request: { ...request, queries: [], relevant: [] },
    queriesHash: hashOfQueries(request),
    ordered: new Date(wallMs),
  });
}

/** Of queries and judgements; 0 = there are none. */
export function hashOfQueries({ queries, relevant }: Pick<TrainRequest, 'queries' | 'relevant'>): bigint {
  return queries.length === 0 ? 0n : hashBytes(bytesOf(queriesOf({ queries, relevant })));
}

/** The queries and judgements of a request as an object. */
export function queriesOf({ queries, relevant }: Pick<TrainRequest, 'queries' | 'relevant'>): Uint8Array {
  return TrainRequest.encode(TrainRequest.fromPartial({ queries, relevant })).finish();
}

/** Whether `request` asks for what `record` orders; without a seed it asks for any. */
export function isSameOrder({ request: ordered, queriesHash }: TrainingRecord, request: TrainRequest): boolean {
  const { method, seed, secondBits } = request;
  const isAlike = ordered?.method === method && ordered.secondBits === secondBits;
  return isAlike && (seed === undefined || seed === ordered.seed) && queriesHash === hashOfQueries(request);
}

/** In a message: which training is under way, and how far. */
export function aboutTraining({ request }: TrainingRecord, state: TrainingState | undefined): string {
  const progress = state?.progress;
  if (progress === undefined) return ` (by ${request?.method}; it was interrupted and will be taken up)`;
  const where = progress.node === '' ? '' : ` on ${progress.node}`;
  return ` (by ${request?.method}, ${Math.floor(100 * progress.share)} %: ${progress.step}${where})`;
}

/** What a command is refused with that `record` stands in the way of. */
export function alreadyTraining(
  { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>,
  record: TrainingRecord,
  { view }: { readonly view: Pick<ClusterView, 'current'> },
): AlreadyTraining {
  return new AlreadyTraining(name, aboutTraining(record, view.current().trainingStates.get(uid)));
}

/** How a training ended. */
export function outcomeOf(
  ended: { readonly result: TrainResult } | { readonly error: ShoalError },
  wallMs: number,
): TrainingOutcome {
  return TrainingOutcome.fromPartial({
    ended: new Date(wallMs),
    ...('result' in ended
      ? { result: ended.result }
      : { errorCode: ended.error.status, errorMessage: ended.error.message }),
  });
}

/** The result; throws the error of a training that failed. */
export function resultOf({ result, errorCode, errorMessage }: TrainingOutcome): TrainResult {
  if (result !== undefined) return result;
  throw new ShoalError(codeOfStatus(errorCode), errorMessage);
}

/** What is shown of the latest training of a collection. */
export function latestTraining(
  { trainingRecords, trainingStates }: Pick<ClusterMap, 'trainingRecords' | 'trainingStates'>,
  uid: string,
): LatestTraining | undefined {
  const record = trainingRecords.get(uid);
  if (record === undefined) return undefined;
  const { outcome } = record;
  const progress = isUnderWay(record) ? trainingStates.get(uid)?.progress : undefined;
  return {
    ...{ method: record.request?.method ?? '', ordered: record.ordered, ended: outcome?.ended },
    ...{ step: progress?.step ?? '', share: progress?.share ?? 0, node: progress?.node ?? '' },
    ...{ resumedShare: record.resumedShare, version: outcome?.result?.version ?? 0 },
    reason: outcome?.result?.reason ?? outcome?.errorMessage ?? '',
  };
}
