/**
 * Imports of replicas under way on this node, and those that are finished and wait for a placement.
 *
 * One that nobody writes to any more is removed, unless its collection has come to be, and the data is a replica's, or is still being
 * made: another shard may take as long as it likes.
 */
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { keys } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import type { Files } from '../../vector-index/files.js';
import { replicaFolder } from '../replica-folder.js';
import { ReplicaImport, type ImportTask } from './replica-import.js';
import { abandonedMs } from './snapshots.js';

export interface ImportsParts {
  readonly dataDirectory: string;
  readonly registry: Registry;
  readonly objects: ObjectStore;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Held {
  readonly replica: ReplicaImport;
  /** Calls one after another. */
  tail: Promise<unknown>;
  timer: Timer;
  isFinished: boolean;
}

/** The creator closes it. */
export class Imports {
  readonly #parts: ImportsParts;
  readonly #held = new Map<string, Held>();

  constructor(parts: ImportsParts) {
    this.#parts = parts;
  }

  /** Begins an import. ALREADY_EXISTS when the node has data of the shard, or another import of it. */
  async begin(task: ImportTask): Promise<void> {
    const { dataDirectory, objects, files, clock } = this.#parts;
    const { uid, shard } = task.placement;
    checkUid(uid);
    const place = placeOf(uid, shard);
    if (this.#held.has(place)) throw new ShoalError('ALREADY_EXISTS', `shard ${place} is being imported already`);
    const directory = join(dataDirectory, uid, replicaFolder(shard, 0n));
    const replica = await ReplicaImport.begin({ ...task, directory, objects, files, clock });
    await files.syncDirectory(join(dataDirectory, uid));
    await files.syncDirectory(dataDirectory);
    this.#held.set(place, { replica, tail: Promise.resolve(), timer: this.#timer(uid, shard), isFinished: false });
  }

  writeFile(uid: string, shard: number, { name, bytes }: { name: string; bytes: Uint8Array }): Promise<void> {
    return this.#inTurn(uid, shard, ({ replica }) => replica.writeFile(name, bytes));
  }

  writeRecords(uid: string, shard: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(uid, shard, ({ replica }) => replica.writeRecords(bytes));
  }

  /** Everything is on disk; gives the living documents. */
  finish(uid: string, shard: number): Promise<number> {
    return this.#inTurn(uid, shard, async (held) => {
      const documents = await held.replica.finish();
      held.isFinished = true;
      return documents;
    });
  }

  /**
   * Removes an import, finished or not, or what is left of one from before this node was started, unless the collection has come to
   * be. Idempotent.
   */
  async discard(uid: string, shard: number): Promise<void> {
    checkUid(uid);
    const held = this.#held.get(placeOf(uid, shard));
    this.#held.delete(placeOf(uid, shard));
    held?.timer.cancel();
    await held?.tail;
    const { registry, files, dataDirectory } = this.#parts;
    if (held?.isFinished !== false && (await registry.get(keys.setting(uid))) !== null) return;
    const folder = join(dataDirectory, uid);
    if (held === undefined) await files.removeDirectory(join(folder, replicaFolder(shard, 0n)));
    else await held.replica.discard();
    if (await isEmpty(files, folder)) await files.removeDirectory(folder);
  }

  /** Removes what is not finished. Idempotent. */
  async close(): Promise<void> {
    for (const [place, { isFinished, timer }] of [...this.#held]) {
      const [uid = '', shard = ''] = place.split('/');
      timer.cancel();
      if (!isFinished) await this.discard(uid, Number(shard));
    }
    this.#held.clear();
  }

  #inTurn<T>(uid: string, shard: number, work: (held: Held) => Promise<T>): Promise<T> {
    const held = this.#held.get(placeOf(uid, shard));
    if (held === undefined || held.isFinished) {
      const what = `no import of shard ${shard} of collection ${uid} is under way`;
      return Promise.reject(new ShoalError('FAILED_PRECONDITION', `${what}, or it was given up; begin again`));
    }
    held.timer.cancel();
    held.timer = this.#timer(uid, shard);
    const result = held.tail.then(() => work(held));
    // The caller hears of a failure; the next in line only waits for the end.
    held.tail = result.then(undefined, () => undefined);
    return result;
  }

  #timer(uid: string, shard: number): Timer {
    const { clock, logger } = this.#parts;
    return clock.after(abandonedMs, () => {
      this.#discardUnlessMade(uid, shard).catch((thrown: unknown) => {
        const { message } = ShoalError.from(thrown);
        logger.warn({ uid, shard, why: message }, 'an import that was given up could not be removed');
      });
    });
  }

  /** Removes an import that nobody makes any more; where that cannot be told, or somebody does, it is looked at again later. */
  async #discardUnlessMade(uid: string, shard: number): Promise<void> {
    const held = this.#held.get(placeOf(uid, shard));
    const timer = held?.timer;
    const isBeingMade = await this.#isBeingMade(uid);
    // Called, given up or closed meanwhile.
    if (held === undefined || this.#held.get(placeOf(uid, shard)) !== held || held.timer !== timer) return;
    if (isBeingMade) held.timer = this.#timer(uid, shard);
    else await this.discard(uid, shard);
  }

  async #isBeingMade(uid: string): Promise<boolean> {
    const { registry, logger } = this.#parts;
    try {
      return (await registry.get(keys.opening(uid))) !== null;
    } catch (error) {
      logger.debug({ uid, err: error }, 'the registry does not tell whether a collection is still being made');
      return true;
    }
  }
}

function checkUid(uid: string): void {
  if (!/^[0-9a-z]+$/.test(uid)) throw new ShoalError('INVALID_ARGUMENT', `'${uid}' is no uid`);
}

/** Whether the folder is there and holds nothing. A drop of the collection may have removed it. */
async function isEmpty(files: Files, folder: string): Promise<boolean> {
  try {
    return (await files.list(folder)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function placeOf(uid: string, shard: number): string {
  return `${uid}/${shard}`;
}
