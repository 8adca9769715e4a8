/**
 * What a system has to offer to be measured: Shoal's own index and every peer come through this door, and are tuned
 * and timed by the same code.
 */

import type { QuerySet } from './dataset.js';

/** Values of a system's knobs, such as nprobe. */
export type Setting = Readonly<Record<string, number>>;

/** Queries of the open dataset: `count` of them, every `step`-th from `first` on. */
export interface QueryRange {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

export interface Built {
  /** Processor time of all threads, of the first build, also when the index came out of a cache. */
  readonly buildSeconds: number;
  /** Codes, factors and ids, of all copies; links of a graph; the code of a second pass. */
  readonly bytesPerVector: number;
  /** Codes and factors alone. */
  readonly codeBytes: number;
}

export interface SingleRun {
  /** int32[count, k]: rows found, best first; −1 where there were fewer. */
  readonly ids: Int32Array;
  /** float32[count]: of each query by itself, one call a query, on one thread. */
  readonly micros: Float32Array;
  /** Processor time of all of them together: what they cost, whoever else is on the machine. */
  readonly cpuSeconds: number;
}

export interface BatchRun {
  readonly ids: Int32Array;
  /** Of all queries in one call, on one thread. */
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface AnnSystem {
  readonly system: string;
  readonly variant: string;
  /**
   * Fixed cost of a single call, in µs, which is taken off every single query's time: 0 where it is part of what is
   * measured.
   */
  readonly callMicros: number;
  /** Names the index that is searched, where it is kept and will be the same the next time; null = measure its recalls anew. */
  readonly keptAs: string | null;
  /**
   * Settings to try. Within a family one knob grows from setting to setting, and recall with it; the families differ
   * in the other knobs. One family with one setting = nothing to tune.
   */
  readonly families: readonly (readonly Setting[])[];
  /** Makes the index ready, or gets it out of a cache. Rejects when this variant is not to be had on this machine. */
  prepare(): Promise<Built>;
  /** Asks the queries of `set` from now on. */
  useQueries(set: QuerySet): Promise<void>;
  measureSingle(setting: Setting, k: number, range: QueryRange): Promise<SingleRun>;
  measureBatch(setting: Setting, k: number, range: QueryRange): Promise<BatchRun>;
  /** Gives the index's memory back. */
  close(): Promise<void>;
}
