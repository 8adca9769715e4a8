/**
 * Imports of replicas under way on this node, and those that are finished and wait for a placement.
 *
 * One that nobody writes to any more is removed, unless its collection has come to be: then the data is a replica's.
 */
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { keys } from '../../cluster/keys.js';
import type { Registry } from '../../cluster/registry.js';
import type { Files } from '../../vector-index/files.js';
import { ReplicaImport, type ImportTask } from './replica-import.js';
import { abandonedMs } from './snapshots.js';

export interface ImportsParts {
  readonly dataDirectory: string;
  readonly registry: Registry;
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
    const { dataDirectory, files, clock } = this.#parts;
    const { uid, shard } = task.placement;
    if (!/^[0-9a-z]+$/.test(uid)) throw new ShoalError('INVALID_ARGUMENT', `'${uid}' is no uid`);
    const place = placeOf(uid, shard);
    if (this.#held.has(place)) throw new ShoalError('ALREADY_EXISTS', `shard ${place} is being imported already`);
    const directory = join(dataDirectory, uid, String(shard));
    const replica = await ReplicaImport.begin({ ...task, directory, files, clock });
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

  /** Removes an import, finished or not, unless the collection has come to be. Idempotent. */
  async discard(uid: string, shard: number): Promise<void> {
    const held = this.#held.get(placeOf(uid, shard));
    if (held === undefined) return;
    this.#held.delete(placeOf(uid, shard));
    held.timer.cancel();
    await held.tail;
    const { registry, files, dataDirectory } = this.#parts;
    if (held.isFinished && (await registry.get(keys.setting(uid))) !== null) return;
    await held.replica.discard();
    const folder = join(dataDirectory, uid);
    if ((await files.list(folder)).length === 0) await files.removeDirectory(folder);
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
      this.discard(uid, shard).catch((error: unknown) =>
        logger.warn({ uid, shard, err: error }, 'an import that was given up could not be removed'),
      );
    });
  }
}

function placeOf(uid: string, shard: number): string {
  return `${uid}/${shard}`;
}
