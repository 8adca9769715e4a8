/**
 * The training that this node carries out, one at a time: it samples the rows of a replica, has a thread train on them, and keeps the
 * result until the coordinator has it stored. One that nobody asks about any more is stopped; until then another coordinator may go on with it.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { codebookObject, parametersObject, structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import { Codebook } from '../../proto/generated/shoal/v1/collections.js';
import type {
  AwaitTrainingResponse,
  BeginTrainingRequest,
  BeginTrainingResponse,
  StoreTrainingRequest,
} from '../../proto/generated/shoal/v1/training.js';
import type { SplitLimits } from '../../vector-index/lists/list-limit.js';
import type { Replica } from '../replica.js';
import type { ReplicaSet } from '../replicas.js';
import { Waiters } from '../../base/waiters.js';
import { Checkpoints } from './checkpoints.js';
import type { Leavings, RunTraining, TrainedFiles, TrainingTask } from './run-training.js';
import { trainingTask } from './training-task.js';

/** A training is stopped when nobody asked about it for so long: by then another coordinator has noticed that the last one is gone. */
const forgottenMs = 90_000;
/** So long a question waits for news. */
const newsMs = 1_000;

/** Reading the rows is so much of the whole. */
const readShare = 0.02;

export interface TrainingsParts {
  readonly replicas: Pick<ReplicaSet, 'replica'>;
  readonly objects: ObjectStore;
  readonly registry: Pick<Registry, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: RunTraining;
  /** Which lists a split divides. */
  readonly splitLimits: SplitLimits;
  /** Milliseconds after which a training leaves what it can be gone on with from. */
  readonly checkpointEveryMs: number;
}

interface Current {
  number: bigint;
  readonly request: BeginTrainingRequest;
  readonly stop: AbortController;
  readonly news: Waiters;
  step: string;
  share: number;
  /** Undefined while it is not known whether it goes on from anything. */
  resumedShare: number | undefined;
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

  /** Begins to train, or goes on with the same training; gives its number here. UNAVAILABLE while another training is here. */
  begin(request: BeginTrainingRequest): BeginTrainingResponse {
    if (this.#current !== null && isGoing(this.#current, request))
      return { training: this.#takeOver(this.#current), takenOver: true };
    if (this.#current !== null) {
      this.#endOlder(this.#current, request);
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
      resumedShare: undefined,
      askedMs: this.#parts.clock.monotonicMs(),
      outcome: null,
      finished: Promise.resolve(),
    };
    current.finished = this.#carryOut(current, replica);
    this.#current = current;
    this.#watch();
    return { training: current.number, takenOver: false };
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
    const { step, share, resumedShare, outcome } = current;
    if (outcome === null) return { step, share, resumedShare, codebook: undefined };
    if ('error' in outcome) throw outcome.error;
    return { step: 'trained', share: 1, resumedShare, codebook: codebookOf(outcome.files, current.request) };
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
    if (this.#current !== current) return;
    this.#current = null;
    this.#timer?.cancel();
  }

  /** Stops what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#current !== null) await this.end(this.#current.number);
  }

  /** What goes on here for a collection has ended for whoever orders trainings of it, or is compared with what serves no more. */
  #endOlder({ number, request: current }: Current, { uid, number: ordered }: BeginTrainingRequest): void {
    // Never rejects: it waits for what never rejects.
    if (uid === current.uid && current.number > 0 && ordered >= current.number) void this.end(number);
  }

  /** Under another number: whoever began it has no say in it any more. */
  #takeOver(current: Current): bigint {
    current.number = this.#last += 1n;
    current.askedMs = this.#parts.clock.monotonicMs();
    return current.number;
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
    const checkpoints = new Checkpoints(current.request, this.#parts);
    try {
      const files = await this.#train(current, replica, checkpoints);
      current.outcome = { files };
      logger.info({ uid, method, lists: files.lists, recall: files.heldOutAfter }, 'a training is done');
    } catch (thrown) {
      current.outcome = { error: ShoalError.from(thrown) };
      if (!current.stop.signal.aborted) logger.warn({ uid, err: thrown }, 'a training failed');
    }
    await checkpoints.settled();
    current.news.wake();
  }

  async #train(current: Current, replica: Replica, checkpoints: Checkpoints): Promise<TrainedFiles> {
    const { request, stop } = current;
    const { objects, splitLimits, run } = this.#parts;
    const task = await trainingTask(request, replica, { objects, splitLimits, signal: stop.signal });
    const onProgress = (step: string, share: number): void => {
      Object.assign(current, { step, share: wholeShare(share) });
      current.news.wake();
    };
    const whole = await this.#withCheckpoints(task, current, checkpoints);
    stop.signal.throwIfAborted();
    onProgress('training', 0);
    return run(whole, onProgress, stop.signal, this.#leavingsOf(current, checkpoints));
  }

  /** What parameters are learned takes long enough for that; other trainings begin anew. */
  async #withCheckpoints(task: TrainingTask, current: Current, checkpoints: Checkpoints): Promise<TrainingTask> {
    const isKept = current.request.number > 0 && task.learn !== undefined;
    const last = isKept ? await checkpoints.newest() : null;
    if (last === null) current.resumedShare = 0;
    if (!isKept) return task;
    return { ...task, checkpoints: { everyMs: this.#parts.checkpointEveryMs, last } };
  }

  #leavingsOf(current: Current, checkpoints: Checkpoints): Leavings {
    const { logger } = this.#parts;
    const { uid, method } = current.request;
    return {
      left: (step, bytes) => checkpoints.leave(step, bytes),
      resumed: (share) => {
        current.resumedShare = wholeShare(share);
        logger.info({ uid, method, share }, 'a training goes on from what an interrupted one left');
      },
      refused: (why) => {
        current.resumedShare = 0;
        logger.warn({ uid, method, why }, 'a training begins anew: what an interrupted one left is of no use');
      },
    };
  }
}

/** Reading the rows is part of the whole. */
function wholeShare(share: number): number {
  return readShare + (1 - readShare) * share;
}

/** What a training is compared with before it is published. */
const serving = ['structureVersion', 'codebookVersion', 'parametersVersion'] as const;

/** Whether `request` is about the training that goes on here, beside what serves still, and nobody has stopped it. */
function isGoing({ request: current, stop }: Current, request: BeginTrainingRequest): boolean {
  const isSame = request.number > 0 && current.number === request.number && current.uid === request.uid;
  return isSame && serving.every((version) => current[version] === request[version]) && !stop.signal.aborted;
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
