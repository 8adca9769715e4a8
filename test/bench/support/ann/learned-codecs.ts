/**
 * First codes alone, as they are and with parameters that Distill-VQ laid over them: words of four dimensions and of eight, so that what
 * learning is worth is seen at two sizes. The codes are the same bytes before and after.
 */
import { codeBytes as codeBytesOf } from '../../../../kernels/codes.js';
import type { Clock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { adaptRows } from '../../../../trainer/learned/code-gradient.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { distillVq } from '../../../../trainer/learned/distill-vq.js';
import { scanTablesOf, startingParameters, type ScanParameters } from '../../../../trainer/learned/scan-parameters.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import { atAnchorLength } from '../../../../vector-index/lists/query-length.js';
import type { AnnSystem, BatchRun, Built, QueryRange, Setting, SingleRun } from './ann-system.js';
import { cpuSeconds } from './cpu-seconds.js';
import type { QuerySet } from './dataset.js';
import type { FloatRows } from './npy-file.js';

const idBytes = 8;
const factorBytes = 4;
const seed = 1;

export interface LearnedCodecOptions {
  readonly variant: string;
  readonly base: FloatRows;
  readonly clock: Clock;
  /** What vectors are coded with, and the processor time that its training took. */
  structure(): Promise<{ readonly structure: ListStructure; readonly trainSeconds: number }>;
  /** Queries to learn from, null = documents ask; `steps` 0 = nothing is learned. */
  queries(): Promise<FloatRows | null>;
  readonly steps: number;
  progress(line: string): void;
}

export class LearnedCodec implements AnnSystem {
  readonly system = 'shoal';
  readonly variant: string;
  readonly callMicros = 0;
  readonly keptAs = null;
  readonly families: readonly (readonly Setting[])[] = [[{}]];
  readonly #options: LearnedCodecOptions;
  #built: { readonly structure: ListStructure; readonly documents: CodedDocuments; parameters: ScanParameters } | null =
    null;
  #queries: Float32Array = new Float32Array(0);

  constructor(options: LearnedCodecOptions) {
    this.#options = options;
    this.variant = options.variant;
  }

  async prepare(): Promise<Built> {
    const { base } = this.#options;
    const { structure, trainSeconds } = await this.#options.structure();
    const queries = await this.#options.queries();
    const begin = cpuSeconds();
    const documents = new CodedDocuments(structure, base.values);
    const parameters = this.#learn(structure, queries);
    this.#built = { structure, documents, parameters };
    const codeBytes = codeBytesOf(structure.codebook.subquantizers) + factorBytes;
    return { buildSeconds: trainSeconds + cpuSeconds() - begin, bytesPerVector: codeBytes + idBytes, codeBytes };
  }

  useQueries({ queries }: QuerySet): Promise<void> {
    this.#queries = queries.values;
    return Promise.resolve();
  }

  measureSingle(_setting: Setting, k: number, range: QueryRange): Promise<SingleRun> {
    if (this.#built === null) throw new Error(`${this.variant} is not prepared`);
    const { structure, documents, parameters } = this.#built;
    const { dim } = documents;
    const scan = documents.open(scanTablesOf(parameters, structure), k);
    const adapted = new Float64Array(dim);
    const ids = new Int32Array(range.count * k).fill(-1);
    const micros = new Float32Array(range.count);
    const cpuBegin = cpuSeconds();
    for (let i = 0; i < range.count; i++) {
      const beginMs = this.#options.clock.monotonicMs();
      const at = (range.first + i * range.step) * dim;
      const query = atAnchorLength(this.#queries.subarray(at, at + dim), structure.codebook);
      adaptRows(parameters.adapter, query, dim, adapted);
      ids.set(scan.find(query, Float32Array.from(adapted)).rows, i * k);
      micros[i] = 1_000 * (this.#options.clock.monotonicMs() - beginMs);
    }
    scan.close();
    return Promise.resolve({ ids, micros, cpuSeconds: cpuSeconds() - cpuBegin });
  }

  async measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun> {
    const beginMs = this.#options.clock.monotonicMs();
    const { ids, cpuSeconds: cpu } = await this.measureSingle(setting, k, range);
    return { ids, cpuSeconds: cpu, seconds: (this.#options.clock.monotonicMs() - beginMs) / 1_000 };
  }

  close(): Promise<void> {
    this.#built = null;
    return Promise.resolve();
  }

  #learn(structure: ListStructure, queries: FloatRows | null): ScanParameters {
    const { base, steps, variant, progress, clock } = this.#options;
    const start = startingParameters(structure, { hasAdapter: false, hasBiases: false });
    if (steps === 0) return start;
    const beginMs = clock.monotonicMs();
    const learned = distillVq(
      { structure, vectors: base.values, queries: queries?.values ?? null },
      {
        ...{ random: seededRandom(seed), steps },
        onProgress: ({ share, loss, score }) =>
          progress(
            `${variant}: ${Math.round(100 * share)} %, loss ${loss.toFixed(4)}, held-out R10@10 ${score.toFixed(4)}`,
          ),
      },
    );
    const seconds = (clock.monotonicMs() - beginMs) / 1_000;
    const { before, after, trainedOn, judgedBy } = learned;
    const recalls = `R10@10 of ${judgedBy} held out ${before.at10.toFixed(4)} before, ${after.at10.toFixed(4)} after`;
    progress(`${variant}: ${recalls}; ${trainedOn} queries, seed ${seed}, ${seconds.toFixed(0)} s`);
    if (learned.parameters === null) return start;
    return startingParameters(structure, { hasAdapter: false, hasBiases: false, from: learned.parameters });
  }
}
