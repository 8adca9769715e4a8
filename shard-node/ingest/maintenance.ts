/**
 * The background work of one replica: sealing by size and age, merging, one step at a time beside serving.
 *
 * A full disk ends nothing: what was applied stays in memory and in the log, and the step is tried again, after ever longer pauses.
 */
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';

export interface MaintenanceParts {
  readonly index: ShardIndex;
  /** Whether something was applied that no manifest covers. */
  readonly isBehind: () => boolean;
  readonly clock: Clock;
  /** What was applied is sealed after this time at the latest. */
  readonly sealAgeMs: number;
  /** Pause between two looks when there was nothing to do, and after the first of several steps for which the disk had no room. */
  readonly everyMs: number;
  readonly onSealed: () => void;
  /** The disk has no room for a step, which will be tried again; null as soon as one was done. Told at every attempt. */
  readonly onHindrance: (error: ShoalError | null) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Longest pause between two attempts while the disk is full. */
export const retryMsMax = 30_000;

type StepResult = 'worked' | 'idle' | 'hindered';

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
    let retryMs = everyMs;
    while (!this.#stop.signal.aborted) {
      if (!isBehind()) lastEvenMs = clock.monotonicMs();
      const result = await this.#attempt(clock.monotonicMs() - lastEvenMs >= sealAgeMs);
      if (result === 'worked') onSealed();
      else await sleep(clock, result === 'hindered' ? retryMs : everyMs, this.#stop.signal);
      retryMs = result === 'hindered' ? Math.max(everyMs, Math.min(2 * retryMs, retryMsMax)) : everyMs;
    }
  }

  async #attempt(isOld: boolean): Promise<StepResult> {
    const { onHindrance } = this.#parts;
    try {
      const worked = await this.#step(isOld);
      onHindrance(null);
      return worked ? 'worked' : 'idle';
    } catch (error) {
      const failure = ShoalError.from(error);
      if (failure.code !== 'RESOURCE_EXHAUSTED') throw error;
      onHindrance(failure);
      return 'hindered';
    }
  }

  async #step(isOld: boolean): Promise<boolean> {
    const { index } = this.#parts;
    if (!isOld) return index.maintain();
    await index.seal();
    return true;
  }
}
