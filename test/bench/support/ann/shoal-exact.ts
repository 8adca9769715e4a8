/** Shoal's exact scan of half-precision rows as a system: recall 1, two bytes a value. */
import type { Clock } from '../../../../base/clock.js';
import { scanDense, toFloat16 } from '../../../../kernels/kernels.js';
import { cpuSeconds } from './cpu-seconds.js';
import type { AnnSystem, BatchRun, Built, QueryRange, Setting, SingleRun } from './ann-system.js';
import type { QuerySet } from './dataset.js';
import type { FloatRows } from './npy-file.js';

const idBytes = 8;

export class ShoalExact implements AnnSystem {
  readonly system = 'shoal';
  readonly variant = 'exact';
  readonly callMicros = 0;
  readonly keptAs = null;
  readonly families: readonly (readonly Setting[])[] = [[{}]];
  readonly #base: FloatRows;
  readonly #clock: Clock;
  #rows: Uint16Array = new Uint16Array(0);
  #queries: Float32Array = new Float32Array(0);

  constructor(base: FloatRows, clock: Clock) {
    this.#base = base;
    this.#clock = clock;
  }

  prepare(): Promise<Built> {
    const begin = cpuSeconds();
    this.#rows = toFloat16(this.#base.values);
    const buildSeconds = cpuSeconds() - begin;
    const codeBytes = 2 * this.#base.dim;
    return Promise.resolve({ buildSeconds, bytesPerVector: codeBytes + idBytes, codeBytes });
  }

  useQueries({ queries }: QuerySet): Promise<void> {
    this.#queries = queries.values;
    return Promise.resolve();
  }

  async measureSingle(_setting: Setting, k: number, range: QueryRange): Promise<SingleRun> {
    const ids = new Int32Array(range.count * k).fill(-1);
    const micros = new Float32Array(range.count);
    const cpuBegin = cpuSeconds();
    for (let i = 0; i < range.count; i++) {
      const beginMs = this.#clock.monotonicMs();
      const { rows } = await this.#search(range.first + i * range.step, k);
      micros[i] = 1_000 * (this.#clock.monotonicMs() - beginMs);
      ids.set(rows, i * k);
    }
    return { ids, micros, cpuSeconds: cpuSeconds() - cpuBegin };
  }

  async measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun> {
    const beginMs = this.#clock.monotonicMs();
    const { ids, cpuSeconds } = await this.measureSingle(setting, k, range);
    return { ids, cpuSeconds, seconds: (this.#clock.monotonicMs() - beginMs) / 1_000 };
  }

  close(): Promise<void> {
    this.#rows = new Uint16Array(0);
    return Promise.resolve();
  }

  #search(number: number, k: number): ReturnType<typeof scanDense> {
    const { dim } = this.#base;
    const query = this.#queries.subarray(number * dim, (number + 1) * dim);
    return scanDense({ rows: this.#rows, dim, query, live: null, k });
  }
}
