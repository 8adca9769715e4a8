/** What a benchmark is: a file `test/bench/<name>.ts` that exports `benchmark`, run by main.ts here and by `shoal bench`. */
import type { Clock } from '../../base/clock.js';

/** One option of a benchmark beyond --json and --smoke. */
export interface BenchmarkOption {
  /** As typed, e.g. `--documents`. */
  readonly flag: string;
  readonly describe: string;
  readonly default: string;
}

export interface BenchmarkContext {
  /** Seconds instead of minutes: the same code over little data. */
  readonly smoke: boolean;
  /** The value of every option, by its flag without the dashes. */
  readonly options: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** A line for the person who waits; goes to standard error. */
  progress(line: string): void;
}

export interface BenchmarkResult {
  readonly rows: readonly Record<string, unknown>[];
  /** Of the answers, never of times: equal between two runs, so that no speed-up changes the meaning unseen. */
  readonly hash: string;
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly BenchmarkOption[];
  run(context: BenchmarkContext): Promise<BenchmarkResult>;
}
