/** Shoal's inverted lists as a system: lists chosen by a query, first codes scanned, survivors compared by both codes. */
import type { Clock } from '../../../../base/clock.js';
import { codeBytes as codeBytesOf, recordBytes, secondKindOf } from '../../../../kernels/codes.js';
import { cpuSeconds } from './cpu-seconds.js';
import type { AnnSystem, BatchRun, Built, QueryRange, Setting, SingleRun } from './ann-system.js';
import type { QuerySet } from './dataset.js';
import { ListIndex, queriesAtOnce, type ListIndexParts } from './list-index.js';
import type { FloatRows } from './npy-file.js';

export interface ShoalListsOptions {
  readonly variant: string;
  /** Knobs: nprobe, survivors (0 = first codes alone), exact (of these compared by half-precision rows, 0 = none). */
  readonly families: readonly (readonly Setting[])[];
  readonly base: FloatRows;
  readonly clock: Clock;
  /** The trained structure, and the processor time that its training took. */
  parts(): Promise<{ readonly parts: Omit<ListIndexParts, 'hasCopies'>; readonly trainSeconds: number }>;
  /** Every vector lies in two lists. */
  readonly hasCopies: boolean;
}

const idBytes = 8;
const factorBytes = 4;
/** Of a vector's row in each of its lists. */
const rowBytes = 4;
const halfBytes = 2;

export class ShoalLists implements AnnSystem {
  readonly system = 'shoal';
  readonly variant: string;
  readonly callMicros = 0;
  readonly keptAs = null;
  readonly families: readonly (readonly Setting[])[];
  readonly #options: ShoalListsOptions;
  #index: ListIndex | null = null;
  #queries: Float32Array = new Float32Array(0);
  #secondKind = 0;

  constructor(options: ShoalListsOptions) {
    this.#options = options;
    this.variant = options.variant;
    this.families = options.families;
  }

  async prepare(): Promise<Built> {
    const { base, hasCopies } = this.#options;
    const { parts, trainSeconds } = await this.#options.parts();
    const begin = cpuSeconds();
    this.#secondKind = secondKindOf(parts.codebook);
    this.#index = new ListIndex(base, { ...parts, hasCopies });
    const listBytes = codeBytesOf(parts.codebook.subquantizers) + factorBytes + (hasCopies ? rowBytes : 0);
    const codeBytes = (hasCopies ? 2 : 1) * listBytes + this.#furtherBytes();
    return { buildSeconds: trainSeconds + cpuSeconds() - begin, bytesPerVector: codeBytes + idBytes, codeBytes };
  }

  useQueries({ queries }: QuerySet): Promise<void> {
    this.#queries = queries.values;
    return Promise.resolve();
  }

  measureSingle(setting: Setting, k: number, range: QueryRange): Promise<SingleRun> {
    const index = this.#configured(setting, k);
    const { dim } = this.#options.base;
    const ids = new Int32Array(range.count * k).fill(-1);
    const micros = new Float32Array(range.count);
    const cpuBegin = cpuSeconds();
    for (let i = 0; i < range.count; i++) {
      const at = (range.first + i * range.step) * dim;
      const beginMs = this.#options.clock.monotonicMs();
      index.search(this.#queries.subarray(at, at + dim), ids.subarray(i * k, (i + 1) * k));
      micros[i] = 1_000 * (this.#options.clock.monotonicMs() - beginMs);
    }
    return Promise.resolve({ ids, micros, cpuSeconds: cpuSeconds() - cpuBegin });
  }

  measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun> {
    const index = this.#configured(setting, k);
    const { dim } = this.#options.base;
    const queries = new Float32Array(range.count * dim);
    for (let i = 0; i < range.count; i++) {
      const at = (range.first + i * range.step) * dim;
      queries.set(this.#queries.subarray(at, at + dim), i * dim);
    }
    const ids = new Int32Array(range.count * k).fill(-1);
    const [cpuBegin, beginMs] = [cpuSeconds(), this.#options.clock.monotonicMs()];
    for (let first = 0; first < range.count; first += queriesAtOnce) {
      const last = Math.min(first + queriesAtOnce, range.count);
      index.search(queries.subarray(first * dim, last * dim), ids.subarray(first * k, last * k));
    }
    const seconds = (this.#options.clock.monotonicMs() - beginMs) / 1_000;
    return Promise.resolve({ ids, seconds, cpuSeconds: cpuSeconds() - cpuBegin });
  }

  close(): Promise<void> {
    this.#index?.close();
    this.#index = null;
    return Promise.resolve();
  }

  /** Of what is read after the first codes. */
  #furtherBytes(): number {
    const { base, hasCopies } = this.#options;
    const { dim } = base;
    const settings = this.families.flat();
    const second =
      !hasCopies && settings.some(({ survivors = 0 }) => survivors > 0) ? recordBytes(dim, this.#secondKind) : 0;
    return second + (settings.some(({ exact = 0 }) => exact > 0) ? halfBytes * dim : 0);
  }

  #configured({ nprobe = 1, survivors = 0, exact = 0 }: Setting, k: number): ListIndex {
    if (this.#index === null) throw new Error(`${this.variant} is not prepared`);
    this.#index.configure({ nprobe, survivors, exact, k });
    return this.#index;
  }
}
