/** A variant of a peer as a system, in a process of its own: a library that crashes takes along nothing else. */
import type { AnnSystem, BatchRun, Built, QueryRange, Setting, SingleRun } from './ann-system.js';
import type { QuerySet } from './dataset.js';
import { PeerProcess, type PeerFiles } from './peer-process.js';
import type { PeerName, PeerVariant } from './peer-variants.js';

interface SearchAnswer {
  readonly ids: string;
  readonly cpuSeconds: number;
  /** Of a batch. */
  readonly seconds?: number;
  /** Of single queries. */
  readonly micros?: string;
}

export interface PeerOptions {
  /** Path of the Python that has the peer's library. */
  readonly python: string;
  readonly name: PeerName;
  readonly files: PeerFiles;
}

export class PeerSystem implements AnnSystem {
  readonly system: string;
  readonly variant: string;
  readonly families: readonly (readonly Setting[])[];
  readonly #options: PeerOptions;
  #process: PeerProcess | null = null;
  #callMicros = 0;
  #version = '';
  #handle = 0;

  constructor(options: PeerOptions, { variant, families }: PeerVariant) {
    this.#options = options;
    this.system = options.name;
    this.variant = variant;
    this.families = families;
  }

  /** Measured when the index is prepared: the median of 2,000 calls on an index of 16 vectors. */
  get callMicros(): number {
    return this.#callMicros;
  }

  /** After `prepare`. */
  get keptAs(): string {
    return `${this.system} ${this.#version} ${this.variant}`;
  }

  async prepare(): Promise<Built> {
    const { python, name, files } = this.#options;
    this.#process = new PeerProcess(python, name);
    this.#version = (await this.#ask<{ version: string }>('open', files)).version;
    const { micros } = await this.#ask<{ micros: number }>('call');
    this.#callMicros = micros;
    const built = await this.#ask<Built & { handle: number }>('build', { variant: this.variant });
    this.#handle = built.handle;
    return built;
  }

  async useQueries({ path }: QuerySet): Promise<void> {
    await this.#ask('requery', { queries: path });
  }

  async measureSingle(setting: Setting, k: number, range: QueryRange): Promise<SingleRun> {
    const { ids, cpuSeconds, micros = '' } = await this.#search(setting, k, range, true);
    return { ids: new Int32Array(bytesIn(ids)), micros: new Float32Array(bytesIn(micros)), cpuSeconds };
  }

  async measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun> {
    const { ids, cpuSeconds, seconds = NaN } = await this.#search(setting, k, range, false);
    return { ids: new Int32Array(bytesIn(ids)), seconds, cpuSeconds };
  }

  close(): Promise<void> {
    this.#process?.close();
    return Promise.resolve();
  }

  #search(setting: Setting, k: number, range: QueryRange, single: boolean): Promise<SearchAnswer> {
    return this.#ask<SearchAnswer>('search', { handle: this.#handle, setting, k, ...range, single });
  }

  #ask<T>(op: string, request?: object): Promise<T> {
    if (this.#process === null) throw new Error(`${this.system} ${this.variant} is not prepared`);
    return this.#process.ask<T>(op, request);
  }
}

function bytesIn(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
}
