/**
 * Keeps a replica's index at the newest structure of its collection: fetched as soon as the settings, or a record of the log, name one
 * that the index does not have. A record of a newer structure waits for it; one that cannot be fetched is asked for again, ever more
 * slowly, and meanwhile the replica says why it waits.
 */
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';
import { Waiters } from '../../base/waiters.js';

const retryMsMin = 200;
const retryMsMax = 30_000;

export interface StructureFollowerParts {
  readonly index: Pick<ShardIndex, 'restructure' | 'structureState'>;
  /** Largest version that has no codebook, and needs none. */
  readonly given: number;
  readonly read: (version: number) => Promise<ListStructure>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What lines of the log say of the replica. */
  readonly fields: object;
}

export class StructureFollower {
  readonly #parts: StructureFollowerParts;
  readonly #hindrances: Hindrances;
  readonly #waiters = new Waiters();
  readonly #stop = new AbortController();
  #wanted = 0;
  #problem = '';
  #running: Promise<void> | null = null;

  constructor(parts: StructureFollowerParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
  }

  /** The structure by which the replica's lists are numbered. */
  get version(): number {
    return Math.max(this.#parts.given, this.#parts.index.structureState.version);
  }

  /** Why the newest structure is not there yet; empty when it is. */
  get problem(): string {
    return this.#problem;
  }

  /** The collection has a structure `version`. Returns at once. */
  want(version: number): void {
    this.#wanted = Math.max(this.#wanted, version);
    if (this.#wanted <= this.version || this.#stop.signal.aborted) return;
    this.#running ??= this.#follow().finally(() => (this.#running = null));
  }

  /** Resolves once the index has the structure `version` or a newer one, or the follower is closed. */
  async reach(version: number): Promise<void> {
    this.want(version);
    while (this.version < version && !this.#stop.signal.aborted) await this.#waiters.next(this.#stop.signal);
  }

  /** Ends what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiters.wake();
    await this.#running;
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    const { clock, fields, index, read } = this.#parts;
    for (let retryMs = retryMsMin; this.version < this.#wanted; retryMs = Math.min(2 * retryMs, retryMsMax)) {
      if (this.#stop.signal.aborted) return;
      try {
        const next = await read(this.#wanted);
        if (this.#stop.signal.aborted) return;
        index.restructure(next);
        this.#problem = '';
        this.#hindrances.end('structure', { fields, message: 'replica has the newest structure' });
        this.#waiters.wake();
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        this.#problem = error.message;
        this.#hindrances.note('structure', error, { fields, message: 'replica waits for a structure' });
        await sleep(clock, retryMs, this.#stop.signal);
      }
    }
  }
}
