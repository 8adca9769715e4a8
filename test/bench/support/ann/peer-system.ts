/** Peers as systems: one process a peer, one system a variant. */
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

/** A running peer and its variants. */
export interface OpenPeer {
  readonly name: PeerName;
  /** Fixed cost of its single call, in µs: the median of 2,000 on an index of 16 vectors. */
  readonly callMicros: number;
  readonly systems: readonly AnnSystem[];
  close(): void;
}

/** Starts a peer over `files`. Rejects when its library does not load. */
export async function openPeer(
  python: string,
  name: PeerName,
  files: PeerFiles,
  variants: readonly PeerVariant[],
): Promise<OpenPeer> {
  const process = new PeerProcess(python, name);
  try {
    await process.ask('open', files);
    const { micros } = await process.ask<{ micros: number }>('call');
    return {
      name,
      callMicros: micros,
      systems: variants.map((variant) => new PeerSystem(process, name, variant, micros)),
      close: () => process.close(),
    };
  } catch (error) {
    process.close();
    throw error;
  }
}

class PeerSystem implements AnnSystem {
  readonly system: string;
  readonly variant: string;
  readonly families: readonly (readonly Setting[])[];
  readonly callMicros: number;
  readonly #process: PeerProcess;
  #handle = 0;

  constructor(process: PeerProcess, name: PeerName, { variant, families }: PeerVariant, callMicros: number) {
    this.#process = process;
    this.system = name;
    this.variant = variant;
    this.families = families;
    this.callMicros = callMicros;
  }

  async prepare(): Promise<Built> {
    const built = await this.#process.ask<Built & { handle: number }>('build', { variant: this.variant });
    this.#handle = built.handle;
    return built;
  }

  async useQueries({ path }: QuerySet): Promise<void> {
    await this.#process.ask('requery', { queries: path });
  }

  async measureSingle(setting: Setting, k: number, range: QueryRange): Promise<SingleRun> {
    const { ids, cpuSeconds, micros = '' } = await this.#search(setting, k, range, true);
    return { ids: new Int32Array(bytesIn(ids)), micros: new Float32Array(bytesIn(micros)), cpuSeconds };
  }

  async measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun> {
    const { ids, cpuSeconds, seconds = NaN } = await this.#search(setting, k, range, false);
    return { ids: new Int32Array(bytesIn(ids)), seconds, cpuSeconds };
  }

  async close(): Promise<void> {
    await this.#process.ask('drop', { handle: this.#handle });
  }

  #search(setting: Setting, k: number, range: QueryRange, single: boolean): Promise<SearchAnswer> {
    return this.#process.ask<SearchAnswer>('search', { handle: this.#handle, setting, k, ...range, single });
  }
}

function bytesIn(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
}
