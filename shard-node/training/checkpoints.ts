/** What a training leaves in the object store, so that this node or another can go on with it. It goes when the training has ended. */
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { checkpointObject, checkpointsOf, keys } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import { TrainingRecord } from '../../proto/generated/shoal/v1/training.js';

export interface CheckpointsParts {
  readonly objects: Pick<ObjectStore, 'put' | 'get' | 'list' | 'delete'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly logger: Logger;
}

/** Those of one training of a collection. */
export class Checkpoints {
  readonly #uid: string;
  readonly #number: number;
  readonly #parts: CheckpointsParts;
  #waiting: { readonly step: number; readonly bytes: Uint8Array } | null = null;
  #writing: Promise<void> | null = null;

  constructor({ uid, number }: { readonly uid: string; readonly number: number }, parts: CheckpointsParts) {
    this.#uid = uid;
    this.#number = number;
    this.#parts = parts;
  }

  /** The newest one that can be read; null where there is none. */
  async newest(): Promise<Uint8Array | null> {
    const { objects, logger } = this.#parts;
    const names = await objects.list(checkpointsOf(this.#uid, this.#number));
    for (const name of names.toReversed()) {
      try {
        const bytes = await objects.get(name);
        if (bytes !== null) return bytes;
      } catch (thrown) {
        if (ShoalError.from(thrown).code !== 'DATA_LOSS') throw thrown;
        logger.warn({ err: thrown, name }, 'a damaged checkpoint of a training is passed over');
      }
    }
    return null;
  }

  /** Stores `bytes`, which are left after `step` steps, unless newer ones come before it can. */
  leave(step: number, bytes: Uint8Array): void {
    this.#waiting = { step, bytes };
    this.#writing ??= this.#write();
  }

  /** Nothing is being stored any more. Never rejects. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Never rejects: without a checkpoint a training that is interrupted begins anew. */
  async #write(): Promise<void> {
    const { objects, logger } = this.#parts;
    for (let next = this.#waiting; next !== null; next = this.#waiting) {
      this.#waiting = null;
      try {
        const name = checkpointObject(this.#uid, this.#number, next.step);
        await objects.put(name, next.bytes);
        const names = await objects.list(checkpointsOf(this.#uid, this.#number));
        // Asked after it is stored: who ends the training, or drops the collection, has removed it or is seen here.
        const isWanted = await this.#isWanted();
        for (const each of names.filter((each) => each < name || !isWanted)) await objects.delete(each);
      } catch (error) {
        logger.warn({ err: error, uid: this.#uid }, 'a checkpoint of a training could not be stored');
      }
    }
    this.#writing = null;
  }

  /** Whether the training is ordered still. */
  async #isWanted(): Promise<boolean> {
    const entry = await this.#parts.registry.get(keys.trainingRecord(this.#uid));
    if (entry === null) return false;
    const { number, outcome } = TrainingRecord.decode(entry.value);
    return number === this.#number && outcome === undefined;
  }
}
