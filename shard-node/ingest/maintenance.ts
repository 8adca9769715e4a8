/** The background work of one replica: sealing by size and age, merging, one step at a time beside serving. */
import { sleep, type Clock } from '../../base/clock.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';

export interface MaintenanceParts {
  readonly index: ShardIndex;
  readonly clock: Clock;
  /** A mutable segment that holds anything is sealed after this time. */
  readonly sealAgeMs: number;
  /** Pause between two looks when there was nothing to do. */
  readonly everyMs: number;
  readonly onSealed: () => void;
  readonly onFailure: (error: unknown) => void;
}

export class Maintenance {
  readonly #parts: MaintenanceParts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
    this.#running = this.#run().catch(parts.onFailure);
  }

  /** Finishes the step under way and stops. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { index, clock, sealAgeMs, everyMs, onSealed } = this.#parts;
    let lastEmptyMs = clock.monotonicMs();
    while (!this.#stop.signal.aborted) {
      if (index.mutableDocuments === 0) lastEmptyMs = clock.monotonicMs();
      const worked = await this.#step(clock.monotonicMs() - lastEmptyMs >= sealAgeMs);
      if (worked) {
        onSealed();
        continue;
      }
      await sleep(clock, everyMs, this.#stop.signal);
    }
  }

  async #step(isOld: boolean): Promise<boolean> {
    const { index } = this.#parts;
    if (!isOld || index.mutableDocuments === 0) return index.maintain();
    await index.seal();
    return true;
  }
}
