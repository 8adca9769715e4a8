/** The background work of one replica: sealing by size and age, merging, one step at a time beside serving. */
import { sleep, type Clock } from '../../base/clock.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';

export interface MaintenanceParts {
  readonly index: ShardIndex;
  /** Whether something was applied that no manifest covers. */
  readonly isBehind: () => boolean;
  readonly clock: Clock;
  /** What was applied is sealed after this time at the latest. */
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
    const { isBehind, clock, sealAgeMs, everyMs, onSealed } = this.#parts;
    let lastEvenMs = clock.monotonicMs();
    while (!this.#stop.signal.aborted) {
      if (!isBehind()) lastEvenMs = clock.monotonicMs();
      const worked = await this.#step(clock.monotonicMs() - lastEvenMs >= sealAgeMs);
      if (worked) {
        onSealed();
        continue;
      }
      await sleep(clock, everyMs, this.#stop.signal);
    }
  }

  async #step(isOld: boolean): Promise<boolean> {
    const { index } = this.#parts;
    if (!isOld) return index.maintain();
    await index.seal();
    return true;
  }
}
