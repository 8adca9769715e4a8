/** Tuned systems measured in turn, several times, so that a slow moment of the machine hits all alike. */
import { percentile } from '../../../../client/cli/eval/metrics.js';
import type { AnnSystem, Built, QueryRange } from './ann-system.js';
import { recallOf, type RightAnswers } from './recall.js';
import type { Tuned } from './tune.js';

/** A system at the setting that reached a target. */
export interface Entry {
  readonly system: AnnSystem;
  readonly built: Built;
  readonly target: number;
  readonly tuned: Tuned;
}

export interface Measured {
  readonly entry: Entry;
  readonly recall: number;
  readonly queries: number;
  /** Of the fastest repetition, and of the median one. */
  readonly qps1: number;
  readonly qps1Median: number;
  /** Of the fastest repetition, fixed cost of the call taken off. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly qpsBatch: number;
  readonly qpsBatchMedian: number;
  /**
   * Processor time of a query, the least of the repetitions: single, fixed cost of the call taken off; and in a batch.
   */
  readonly cpuUs: number;
  readonly cpuUsBatch: number;
  /** int32[queries, k] of the single queries. */
  readonly ids: Int32Array;
}

export interface RunOptions {
  readonly repetitions: number;
  /** Of one repetition of one entry: a slow system is asked fewer queries. */
  readonly seconds: number;
  progress(line: string): void;
}

interface Repetitions {
  readonly singles: Float32Array[];
  readonly batches: number[];
  readonly cpuSingles: number[];
  readonly cpuBatches: number[];
  ids: Int32Array;
}

interface Arm {
  readonly entry: Entry;
  readonly range: QueryRange;
  readonly runs: Repetitions;
}

const queriesMin = 100;

/** Measures `entries` over `range` of the queries that `answers` belongs to. */
export async function interleavedRuns(
  entries: readonly Entry[],
  answers: RightAnswers,
  range: QueryRange,
  options: RunOptions,
): Promise<Measured[]> {
  const arms = new Map<string, Arm>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (!arms.has(key)) arms.set(key, { entry, range: affordable(entry, range, options.seconds), runs: emptyRuns() });
  }
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const arm of arms.values()) await measureOnce(arm, answers.k);
    options.progress(`repetition ${repetition + 1} of ${options.repetitions}`);
  }
  return entries.map((entry) => {
    const { runs, range: own } = arms.get(keyOf(entry))!;
    return measuredOf(entry, runs, own, answers);
  });
}

async function measureOnce({ entry, range, runs }: Arm, k: number): Promise<void> {
  const { system, tuned } = entry;
  const single = await system.measureSingle(tuned.setting, k, range);
  runs.singles.push(single.micros.map((each) => Math.max(0, each - system.callMicros)));
  runs.cpuSingles.push(single.cpuSeconds);
  runs.ids = single.ids;
  const batch = await system.measureBatch(tuned.setting, k, range);
  runs.batches.push(batch.seconds);
  runs.cpuBatches.push(batch.cpuSeconds);
}

/** Two targets that one setting reaches are measured once. */
function keyOf({ system, tuned }: Entry): string {
  return `${system.system} ${system.variant} ${JSON.stringify(tuned.setting)}`;
}

function emptyRuns(): Repetitions {
  return { singles: [], batches: [], cpuSingles: [], cpuBatches: [], ids: new Int32Array(0) };
}

function affordable({ tuned }: Entry, range: QueryRange, seconds: number): QueryRange {
  const count = Math.max(queriesMin, Math.ceil((1e6 * seconds) / Math.max(1, tuned.micros)));
  return { ...range, count: Math.min(range.count, count) };
}

function measuredOf(entry: Entry, runs: Repetitions, range: QueryRange, answers: RightAnswers): Measured {
  const bySpeed = [...runs.singles].sort((a, b) => sumOf(a) - sumOf(b));
  const batches = [...runs.batches].sort((a, b) => a - b);
  const best = [...bySpeed[0]!];
  return {
    entry,
    recall: recallOf(answers, range, runs.ids),
    queries: range.count,
    qps1: (1e6 * range.count) / sumOf(bySpeed[0]!),
    qps1Median: (1e6 * range.count) / sumOf(bySpeed[bySpeed.length >> 1]!),
    p50Us: percentile(best, 0.5),
    p99Us: percentile(best, 0.99),
    qpsBatch: range.count / batches[0]!,
    qpsBatchMedian: range.count / batches[batches.length >> 1]!,
    cpuUs: (1e6 * Math.min(...runs.cpuSingles)) / range.count - entry.system.callMicros,
    cpuUsBatch: (1e6 * Math.min(...runs.cpuBatches)) / range.count,
    ids: runs.ids,
  };
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
