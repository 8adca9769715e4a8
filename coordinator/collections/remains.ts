/**
 * What a collection has outside the registry, its log and its structures, never stays behind: while one is being made and once one is
 * dropped, the registry says so, and whoever comes after a crash clears it away.
 *
 * `remains/UID` says that what there is of UID is to go. It is written before the first object of a new collection, and goes in the
 * write that publishes it; a drop writes it together with the end of the collection. `opening/UID`, under a lease of its maker, says
 * that it is being made at present. Nothing is ever removed that the registry does not name in this way.
 */
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { codebooksOf, keys, parametersOf, streamOf, structuresOf, trainingObjectsOf } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry, RegistryCondition, RegistryWrite } from '../../cluster/registry.js';

/** How long nobody touches what a coordinator that died was making. */
const openingMs = 30_000;
const sweepMs = 60_000;

const nothing = Buffer.alloc(0);

export interface RemainsParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
}

/** A collection that is being made. */
export interface Opening {
  /** To be part of the write that publishes it: they hold as long as nobody clears away what was made. */
  readonly conditions: readonly RegistryCondition[];
  readonly writes: readonly RegistryWrite[];
  /** It is made, or will not be. Never rejects: the lease ends by itself where the registry cannot be told. Idempotent. */
  end(): Promise<void>;
}

/** Announces that something of `uid` will be there from now on. The caller ends it, and calls `clearRemains` when it did not publish. */
export async function beginOpening(
  uid: string,
  { registry, logger }: { readonly registry: Registry; readonly logger: Logger },
): Promise<Opening> {
  const lease = await registry.lease(openingMs);
  const end = async (): Promise<void> => {
    try {
      await lease.revoke();
    } catch (error) {
      logger.warn({ err: error, uid }, 'the end of the making of a collection could not be told');
    }
  };
  const [remains, opening] = [keys.remains(uid), keys.opening(uid)];
  try {
    const revision = await registry.transact(
      [{ key: remains, revision: 0n }],
      [
        { operation: 'put', key: remains, value: nothing },
        { operation: 'put', key: opening, value: nothing, lease },
      ],
    );
    if (revision === null) throw new ShoalError('INTERNAL', `the name ${uid} of a new collection was given before`);
    return {
      conditions: [remains, opening].map((key) => ({ key, revision })),
      writes: [remains, opening].map((key) => ({ operation: 'delete', key })),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The write that says, beside the end of a collection, that what it had is to go. */
export function leaveRemains(uid: string): RegistryWrite {
  return { operation: 'put', key: keys.remains(uid), value: nothing };
}

/** Removes what is left of `uid` where the registry says that it is to go, and nobody is making it. Idempotent, and may be repeated. */
export async function clearRemains(uid: string, { registry, log, objects }: RemainsParts): Promise<void> {
  const key = keys.remains(uid);
  const found = await registry.get(key);
  if (found === null) return;
  const alone = [
    { key, revision: found.revision },
    { key: keys.opening(uid), revision: 0n },
  ];
  // Written again: who was making it, and comes back late, cannot publish it any more.
  if ((await registry.transact(alone, [leaveRemains(uid)])) === null) return;
  await log.dropStream(streamOf(uid));
  for (const family of [structuresOf, codebooksOf, parametersOf, trainingObjectsOf].map((of) => of(uid))) {
    for (const name of await objects.list(family)) await objects.delete(name);
  }
  await registry.transact([], [{ operation: 'delete', key }]);
}

/** Clears away, again and again, what coordinators left that died on the way. The creator closes it. */
export class RemainsSweeper {
  readonly #parts: RemainsParts & { readonly clock: Clock; readonly logger: Logger };
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(parts: RemainsParts & { readonly clock: Clock; readonly logger: Logger }) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Ends after the collection at hand. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { registry, clock } = this.#parts;
    const hindrances = new Hindrances(this.#parts);
    while (!this.#stop.signal.aborted) {
      try {
        for (const { key } of await registry.list(keys.allRemains)) {
          if (this.#stop.signal.aborted) return;
          await clearRemains(key.slice(keys.allRemains.length), this.#parts);
        }
        hindrances.end('remains', { fields: {}, message: 'what was left of dropped collections is removed' });
      } catch (thrown) {
        const message = 'what is left of dropped collections cannot be removed for now';
        hindrances.note('remains', ShoalError.from(thrown), { fields: {}, message });
      }
      await sleep(clock, sweepMs, this.#stop.signal);
    }
  }
}
