/** Training: index parameters learned from a collection's documents, and the versions of them that there are. */
import { Metadata } from '@grpc/grpc-js';
import { ShoalError } from '../../base/errors.js';
import type { Codebook } from '../../proto/generated/shoal/v1/collections.js';
import {
  TrainRequest,
  type TrainingClient,
  type TrainResponse,
  type TrainResult,
} from '../../proto/generated/shoal/v1/training.js';
import { unary, type Target } from './call.js';
import { errorOfCall } from './errors.js';
import type { CodebookInfo, CodebookList, TrainingResult, TrainOptions } from './types.js';

export interface TrainingCalls {
  /**
   * Trains, and publishes what is not worse than what serves; minutes for a million documents. The training goes on where this call breaks off,
   * and the same call follows it again. FAILED_PRECONDITION when the collection cannot be trained as it is, or another training of it is under
   * way.
   */
  train(collection: string, options?: TrainOptions): Promise<TrainingResult>;
  /** Ends the training that is under way, and resolves when it has ended; false where there is none, or it was published just before. */
  cancel(collection: string): Promise<boolean>;
  codebooks(collection: string): Promise<CodebookList>;
  /**
   * Has searches go by learned parameters, or with the version of the structure's own codebook by none; gives the version that serves then.
   * FAILED_PRECONDITION for one of another structure, and while the collection is being trained.
   */
  activate(collection: string, version: number): Promise<number>;
}

/** A training that was interrupted is taken up before it ends. */
const cancelMs = 120_000;

/** The calls about training over `client`. */
export function trainingCalls(target: Target, client: TrainingClient): TrainingCalls {
  return {
    train: (collection, options = {}) => train(target, client, collection, options),
    async cancel(collection) {
      return (await unary(target, client.cancelTraining.bind(client), { collection }, cancelMs)).cancelled;
    },
    async codebooks(collection) {
      const { active, codebooks } = await unary(target, client.listCodebooks.bind(client), { collection });
      return { active, versions: codebooks.map(codebookFromWire) };
    },
    async activate(collection, version) {
      return (await unary(target, client.activateCodebook.bind(client), { collection, version })).active;
    },
  };
}

async function train(
  target: Target,
  client: TrainingClient,
  collection: string,
  { method = 'structure', dryRun = false, seed, secondBits, queries = [], relevant = [], onProgress }: TrainOptions,
): Promise<TrainingResult> {
  const request = TrainRequest.fromPartial({
    ...{ collection, method, dryRun, queries: [...queries] },
    relevant: relevant.map((ids) => ({ ids: [...ids] })),
    ...(seed === undefined ? {} : { seed }),
    ...(secondBits === undefined ? {} : { secondBits }),
  });
  const call = client.train(request, new Metadata());
  let trained: TrainResult | null = null;
  try {
    for await (const message of call) {
      const { progress, result } = message as TrainResponse;
      if (progress !== undefined) onProgress?.({ ...progress, resumedShare: progress.resumedShare ?? 0 });
      // Read on to the end: only then is the collection free for another training.
      if (result !== undefined) trained = result;
    }
  } catch (error) {
    throw errorOfCall(error, target.address);
  } finally {
    call.cancel();
  }
  if (trained === null) throw new ShoalError('UNKNOWN', 'the training ended without a result; are versions equal?');
  return resultFromWire(trained);
}

function resultFromWire({ uid, method, from, version, published, reason, codebook }: TrainResult): TrainingResult {
  return { uid, method, from, version, published, reason, codebook: codebookFromWire(codebook) };
}

function codebookFromWire(wire: Codebook | undefined): CodebookInfo {
  if (wire === undefined) {
    throw new ShoalError('UNKNOWN', 'the cluster answered without what was trained; are versions equal?');
  }
  const { version, structureVersion, method, created, seed, documents, sampled, lists } = wire;
  return {
    ...{ version, structureVersion, method, seed, lists },
    copies: wire.copies === 0 ? 1 : wire.copies,
    secondBits: wire.secondBits === 0 ? 4 : wire.secondBits,
    created: created ?? null,
    documents: Number(documents),
    sampled: Number(sampled),
    heldOut: { before: wire.heldOutBefore, after: wire.heldOutAfter },
    ...(wire.neededAfter === 0 ? {} : { needed: { before: wire.neededBefore, after: wire.neededAfter } }),
  };
}
