/**
 * Training that nobody asks for: a collection that has grown past a first threshold gets codes that need no training, past a second one a
 * structure, and a new one when it has grown to four times what the last one was trained for. In between, lists that have grown too long
 * are split, which trains nothing anew; the next ones only when all rows lie in the lists of the last split. Every coordinator looks every
 * so often and orders one training after another, so that at most one node is busy with it; it follows none, and one that waits for
 * something keeps no other from its turn.
 *
 * What fails is tried again once the collection has grown by half: the same documents would give the same end. A collection that is backed
 * up waits until that is done.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import { placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { ListSizes } from '../../proto/generated/shoal/v1/shard.js';
import { codedDimMax } from '../../vector-index/codebook/list-codebook.js';
import type { SplitLimits } from '../../vector-index/lists/list-limit.js';
import { knownShardStatistics } from '../documents/count.js';
import { isHeld } from '../placement/holds.js';
import { activeCodebook } from '../search/probes.js';
import { AlreadyTraining } from './claim.js';
import { LongLists } from './long-lists.js';
import { isSplittable, type TrainingMethod } from './trainable.js';
import { isPassing, type TrainParts } from './train.js';
import type { TrainingOrders } from './training-orders.js';
import { isUnderWay } from './training-record.js';

/** A structure is outgrown by so many times the documents that it was trained for. */
const growth = 4;
/** After a failure, so many times the documents are another collection. */
const retryGrowth = 1.5;

/** How long counting, and how long ordering may take. */
const askMs = 30_000;

export interface AutoTrainerOptions {
  /** Documents from which on a collection without a structure gets the codes of RaBitQ. */
  readonly codeDocuments: number;
  /** Documents from which on a collection is trained. */
  readonly documents: number;
  readonly everyMs: number;
  readonly splitLimits: SplitLimits;
}

/** What a collection holds at present. */
interface Counted {
  readonly documents: number;
  /** Undefined where there are no lists, or rows move between them. */
  readonly listSizes: ListSizes | undefined;
}

interface Failed {
  readonly method: TrainingMethod;
  readonly documents: number;
}

/** What is to be done with why nothing came of a training; '' where something did. */
type Settle = (reason: string) => void;

export class AutoTrainer {
  readonly #parts: TrainParts;
  readonly #orders: Pick<TrainingOrders, 'order'>;
  readonly #options: AutoTrainerOptions;
  readonly #clock: Clock;
  readonly #hindrances: Hindrances;
  /** uid → what failed last, and with how many documents. */
  readonly #failed = new Map<string, Failed>();
  readonly #longLists: LongLists;
  /** uid → the training that was ordered, until it has ended. */
  readonly #ordered = new Map<string, { readonly number: number; readonly settle: Settle }>();
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #deadline: Deadline | null = null;
  #isClosed = false;

  constructor(parts: TrainParts, orders: Pick<TrainingOrders, 'order'>, options: AutoTrainerOptions) {
    this.#parts = parts;
    this.#orders = orders;
    this.#options = options;
    this.#clock = parts.clock;
    this.#hindrances = new Hindrances(parts);
    this.#longLists = new LongLists(options.splitLimits);
    this.#schedule();
  }

  /** Orders no more; what is ordered goes on. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#deadline?.cancel();
    await this.#running;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#clock.after(this.#options.everyMs, () => {
      this.#running = this.#look().finally(() => this.#schedule());
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { view } = this.#parts;
    const { settings: all } = view.current();
    for (const uid of this.#failed.keys()) if (!all.has(uid)) this.#failed.delete(uid);
    this.#longLists.keep(all);
    this.#settleEnded(view.current());
    for (const settings of all.values()) {
      if (this.#isClosed) return;
      const map = view.current();
      if (this.#isBusy(map)) return;
      if (this.#ordered.has(settings.uid) || isUnderWay(map.trainingRecords.get(settings.uid))) continue;
      // What is published meanwhile would end a backup.
      if (!mayTrain(settings) || placementsOf(map, settings.uid).length !== 1 || isHeld(map, settings.uid)) continue;
      await this.#trainWhereGrown(settings);
    }
  }

  #settleEnded({ settings, trainingRecords }: ClusterMap): void {
    for (const [uid, { number, settle }] of this.#ordered) {
      const record = trainingRecords.get(uid);
      const isNewest = record?.number === number;
      const isOver = isNewest ? record.outcome !== undefined : (record?.number ?? 0) > number;
      if (!isOver && settings.has(uid)) continue;
      this.#ordered.delete(uid);
      // What came of one that others followed since is not known any more.
      const outcome = isNewest ? record.outcome : undefined;
      if (outcome !== undefined) settle(outcome.result?.reason ?? outcome.errorMessage);
    }
  }

  /** Whether what was ordered here is carried out by a node, or just about to be. */
  #isBusy({ trainingRecords, trainingStates }: ClusterMap): boolean {
    return [...this.#ordered].some(([uid, { number }]) => {
      const record = trainingRecords.get(uid);
      const state = trainingStates.get(uid);
      const isSeen = record !== undefined && record.number >= number;
      return !isSeen || (isUnderWay(record) && state !== undefined && state.waiting === undefined);
    });
  }

  async #trainWhereGrown(settings: CollectionSettings): Promise<void> {
    const { uid, name } = settings;
    const counted = await this.#count(settings);
    if (counted === null) return;
    const { documents, listSizes } = counted;
    const { logger } = this.#parts;
    const method = dueFor(settings, documents, this.#options);
    const failed = this.#failed.get(uid);
    const isTried = failed !== undefined && failed.method === method && documents < retryGrowth * failed.documents;
    if (method !== null && !isTried) {
      logger.info({ collection: name, documents, method }, 'the collection has grown and is trained');
      await this.#attempt(settings, method, (reason) => {
        if (reason === '') this.#failed.delete(uid);
        else this.#fail(settings, { method, documents }, reason);
      });
    } else if (listSizes !== undefined && this.#isSplitDue(settings, listSizes)) {
      const { lists, longest } = listSizes;
      logger.info({ collection: name, lists, longest: String(longest) }, 'lists have grown and are split');
      await this.#attempt(settings, 'split', (reason) => {
        if (reason === '') return this.#longLists.forget(uid);
        this.#longLists.fail(uid, listSizes);
        logger.warn({ collection: name, reason }, 'the collection keeps the lists that it has');
      });
    }
  }

  #isSplitDue(settings: CollectionSettings, listSizes: ListSizes): boolean {
    return isSplittable(activeCodebook(settings)) && this.#longLists.isSplitDue(settings.uid, listSizes);
  }

  /** Orders a training; `settle` hears what came of it. Whoever else is at it, or a node that is gone, settles nothing. */
  async #attempt({ uid, name }: CollectionSettings, method: TrainingMethod, settle: Settle): Promise<void> {
    const deadline = Deadline.after(this.#clock, askMs);
    this.#deadline = deadline;
    try {
      const request = { collection: name, method, dryRun: false, queries: [], relevant: [] };
      const { number } = await this.#orders.order(request, deadline);
      this.#ordered.set(uid, { number, settle });
      this.#hindrances.end(uid, { fields: { collection: name }, message: 'the training of the collection is ordered' });
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error instanceof AlreadyTraining || (this.#isClosed && error.code === 'CANCELLED')) return;
      this.#hindrances.note(uid, error, { fields: { collection: name }, message: 'the collection cannot be trained' });
      if (!isPassing(error)) settle(error.message);
    } finally {
      deadline.close();
    }
  }

  #fail({ uid, name }: CollectionSettings, failed: Failed, reason: string): void {
    this.#failed.set(uid, failed);
    this.#parts.logger.warn({ collection: name, reason }, 'the collection keeps the structure that it has');
  }

  /** Null where the shard cannot be counted now. */
  async #count(settings: CollectionSettings): Promise<Counted | null> {
    const deadline = Deadline.after(this.#clock, askMs);
    this.#deadline = deadline;
    try {
      const [counts] = await knownShardStatistics(settings, this.#parts, deadline, true);
      return counts === undefined ? null : { documents: Number(counts.documents), listSizes: counts.listSizes };
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      const line = { fields: { collection: settings.name }, message: 'a collection cannot be counted' };
      if (error.code !== 'CANCELLED') this.#hindrances.note(`count-${settings.uid}`, error, line);
      return null;
    } finally {
      deadline.close();
    }
  }
}

/** Whether a structure of its own may be given to the collection: not against its settings, nor instead of centroids that it was given. */
function mayTrain({ autoTrain, dim, keepVectors, codebooks, structureVersion }: CollectionSettings): boolean {
  const isCodable = dim > 0 && dim <= codedDimMax && keepVectors;
  return autoTrain !== false && isCodable && (structureVersion === 0 || codebooks.length > 0);
}

/** How a collection of so many documents is to be trained now; null = not at all. */
export function dueFor(
  settings: Pick<CollectionSettings, 'codebooks' | 'structureVersion'>,
  documents: number,
  options: Pick<AutoTrainerOptions, 'documents' | 'codeDocuments'>,
): 'structure' | 'rabitq' | null {
  if (documents >= wantedFor(settings, options.documents)) return 'structure';
  return settings.structureVersion === 0 && documents >= options.codeDocuments ? 'rabitq' : null;
}

/**
 * Documents from which on the collection is trained, or trained again. Splits of lists, and codes that need none, are no training; when so
 * many of them followed that the last training is not remembered, another one is due.
 */
function wantedFor({ codebooks }: Pick<CollectionSettings, 'codebooks'>, threshold: number): number {
  const last = codebooks.findLast(({ method }) => method === 'structure');
  return Math.max(threshold, last === undefined ? 0 : growth * Number(last.documents));
}
