/**
 * The training that this node carries out, one at a time: it samples the rows of a replica, has a thread train on them, and keeps the
 * result until the coordinator has it stored. One that nobody asks about any more is stopped.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { codebookObject, parametersObject, structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import { Codebook } from '../../proto/generated/shoal/v1/collections.js';
import type {
  AwaitTrainingResponse,
  BeginTrainingRequest,
  StoreTrainingRequest,
} from '../../proto/generated/shoal/v1/training.js';
import type { SplitLimits } from '../../vector-index/lists/list-limit.js';
import type { Replica } from '../replica.js';
import type { ReplicaSet } from '../replicas.js';
import { Waiters } from '../waiters.js';
import type { RunTraining, TrainedFiles } from './run-training.js';
import { trainingTask } from './training-task.js';

/** A training is stopped when nobody asked about it for so long. */
const forgottenMs = 30_000;
/** So long a question waits for news. */
const newsMs = 1_000;

/** Reading the rows is so much of the whole. */
const readShare = 0.02;

export interface TrainingsParts {
  readonly replicas: Pick<ReplicaSet, 'replica'>;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: RunTraining;
  /** Which lists a split divides. */
  readonly splitLimits: SplitLimits;
}

interface Current {
  readonly number: bigint;
  readonly request: BeginTrainingRequest;
  readonly stop: AbortController;
  readonly news: Waiters;
  step: string;
  share: number;
  askedMs: number;
  outcome: { readonly files: TrainedFiles } | { readonly error: ShoalError } | null;
  finished: Promise<void>;
}

export class Trainings {
  readonly #parts: TrainingsParts;
  #current: Current | null = null;
  #last = 0n;
  #timer: Timer | null = null;

  constructor(parts: TrainingsParts) {
    this.#parts = parts;
  }

  /** Begins to train; gives the training's number. UNAVAILABLE while another training is here. */
  begin(request: BeginTrainingRequest): bigint {
    if (this.#current !== null) {
      const what = 'this node trains another collection already';
      throw new ShoalError('UNAVAILABLE', `${what}; try again when that is done`);
    }
    const replica = this.#parts.replicas.replica(request.uid, request.ref);
    const current: Current = {
      number: (this.#last += 1n),
      request,
      stop: new AbortController(),
      news: new Waiters(),
      step: 'reading vectors',
      share: 0,
      askedMs: this.#parts.clock.monotonicMs(),
      outcome: null,
      finished: Promise.resolve(),
    };
    current.finished = this.#carryOut(current, replica);
    this.#current = current;
    this.#watch();
    return current.number;
  }

  /** What there is to say of a training, after a moment where nothing changes. Its error when it failed, NOT_FOUND for another one. */
  async await(training: bigint): Promise<AwaitTrainingResponse> {
    const current = this.#find(training);
    const { clock } = this.#parts;
    if (current.outcome === null) {
      const patience = new AbortController();
      const timer = clock.after(newsMs, () => patience.abort());
      await current.news.next(patience.signal);
      timer.cancel();
    }
    current.askedMs = clock.monotonicMs();
    const { step, share, outcome } = current;
    if (outcome === null) return { step, share, codebook: undefined };
    if ('error' in outcome) throw outcome.error;
    return { step: 'trained', share: 1, codebook: codebookOf(outcome.files, current.request) };
  }

  /** Puts what was trained into the object store. FAILED_PRECONDITION while it is not done. */
  async store({ training, structureVersion, codebookVersion }: StoreTrainingRequest): Promise<void> {
    const current = this.#find(training);
    const { outcome, request } = current;
    if (outcome === null || 'error' in outcome)
      throw new ShoalError('FAILED_PRECONDITION', 'the training is not done; await it first');
    current.askedMs = this.#parts.clock.monotonicMs();
    const { objects } = this.#parts;
    const { files } = outcome;
    const { uid } = request;
    if ('structure' in files) {
      await objects.put(structureObject(uid, structureVersion), files.structure);
      await objects.put(codebookObject(uid, codebookVersion), files.codebook);
      return;
    }
    if (files.parameters === null)
      throw new ShoalError('FAILED_PRECONDITION', 'the training found nothing better than what serves');
    await objects.put(parametersObject(uid, codebookVersion), files.parameters);
  }

  /** Stops a training and forgets it. Idempotent. */
  async end(training: bigint): Promise<void> {
    const current = this.#current;
    if (current === null || current.number !== training) return;
    current.stop.abort();
    await current.finished;
    if (this.#current === current) this.#current = null;
  }

  /** Stops what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#current !== null) await this.end(this.#current.number);
  }

  #find(training: bigint): Current {
    if (this.#current !== null && this.#current.number === training) return this.#current;
    throw new ShoalError('UNAVAILABLE', 'this node does not carry out that training any more; train again');
  }

  #watch(): void {
    const { clock, logger } = this.#parts;
    this.#timer?.cancel();
    const current = this.#current;
    if (current === null) return;
    this.#timer = clock.after(forgottenMs, () => {
      if (clock.monotonicMs() - current.askedMs < forgottenMs) return this.#watch();
      logger.warn({ uid: current.request.uid }, 'a training that nobody asks about is stopped');
      // Never rejects: it waits for what never rejects.
      void this.end(current.number);
    });
  }

  /** Never rejects. */
  async #carryOut(current: Current, replica: Replica): Promise<void> {
    const { logger } = this.#parts;
    const { uid, method } = current.request;
    try {
      const files = await this.#train(current, replica);
      current.outcome = { files };
      logger.info({ uid, method, lists: files.lists, recall: files.heldOutAfter }, 'a training is done');
    } catch (thrown) {
      current.outcome = { error: ShoalError.from(thrown) };
      if (!current.stop.signal.aborted) logger.warn({ uid, err: thrown }, 'a training failed');
    }
    current.news.wake();
  }

  async #train(current: Current, replica: Replica): Promise<TrainedFiles> {
    const { request, stop } = current;
    const { objects, splitLimits, run } = this.#parts;
    const task = await trainingTask(request, replica, { objects, splitLimits, signal: stop.signal });
    const onProgress = (step: string, share: number): void => {
      Object.assign(current, { step, share: readShare + (1 - readShare) * share });
      current.news.wake();
    };
    stop.signal.throwIfAborted();
    onProgress('training', 0);
    return run(task, onProgress, stop.signal);
  }
}

function codebookOf(files: TrainedFiles, { method, seed }: BeginTrainingRequest): Codebook {
  const { lists, copies, secondBits, sampled, heldOutBefore, heldOutAfter, probes, shortProbes } = files;
  const needed = 'needed' in files ? files.needed : undefined;
  return Codebook.fromPartial({
    ...{ method, seed, lists, copies, secondBits, heldOutBefore, heldOutAfter },
    ...{ sampled: BigInt(sampled), probes: [...probes], shortProbes: [...shortProbes] },
    ...{ neededBefore: needed?.before ?? 0, neededAfter: needed?.after ?? 0 },
  });
}
