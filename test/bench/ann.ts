/**
 * How many queries a second at a recall, one thread, beside FAISS, ScaNN, hnswlib and SVS?
 *
 * Every system and variant is tuned alike on the even queries: the fastest of its settings that reaches the target. Indexes of peers and the
 * recalls of their settings are kept in the cache, so a run that was interrupted goes on; times are always measured anew.
 * Reported are the odd ones, all systems in turn, three times: qps1, p50Us and p99Us of the fastest repetition (one
 * query a call), qpsBatch (all in one call), medians beside them. Of a system's variants those are measured that no
 * other beats in both bytes and speed. From single queries of a peer the fixed cost of its Python call is taken off:
 * callUs, measured on 16 vectors. cpuUs and cpuUsBatch are the processor time of a query, which others on the machine
 * disturb least. A system that cannot be had has a row that says why.
 */
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import type { AnnSystem, Built } from './support/ann/ann-system.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import type { AnnDataset, QuerySet } from './support/ann/dataset.js';
import { interleavedRuns, type Entry, type Measured } from './support/ann/interleaved-runs.js';
import { openPeers } from './support/ann/open-peers.js';
import { ownLists } from './support/ann/own-lists.js';
import { variantsOf } from './support/ann/peer-variants.js';
import { rightAnswers } from './support/ann/recall.js';
import { RecallStore } from './support/ann/recall-store.js';
import { ShoalExact } from './support/ann/shoal-exact.js';
import { halves, Tuner } from './support/ann/tune.js';

export const benchmark: Benchmark = {
  name: 'ann',
  summary: 'queries a second at a recall, beside FAISS, ScaNN, hnswlib and SVS',
  options: [
    ...datasetOptions,
    { flag: '--recall LIST', describe: 'recall@10 to reach, comma-separated', default: '0.90,0.95' },
    {
      flag: '--variants PATTERN',
      describe: 'of the peers: all, quick (those that lead), or an expression',
      default: 'quick',
    },
    { flag: '--own PATTERN', describe: "of Shoal's lists: an expression over their names", default: '.' },
    { flag: '--build-threads N', describe: 'of the builds of peers; searches have one', default: '1' },
    { flag: '--repetitions N', describe: 'of each system', default: '3' },
    { flag: '--seconds N', describe: 'of a repetition: a slow system is asked fewer queries', default: '8' },
  ],
  run,
};

const k = 10;
const fasterBy = 1.1;

interface Report {
  readonly dataset: AnnDataset;
  readonly rows: Record<string, unknown>[];
  readonly context: BenchmarkContext;
  readonly recalls: RecallStore;
}

interface Ready {
  readonly system: AnnSystem;
  readonly built: Built;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dataset = await datasetOf(context);
  const { options } = context;
  const peers = openPeers(dataset, {
    names: context.smoke ? '' : (options['peers'] ?? ''),
    variants: (name) => variantsOf(name, options['variants'] ?? '', dataset.base.count),
    cache: join(dataset.folder ?? '', `peers-${dataset.name}-threads${options['build-threads']}`),
    threads: Number(options['build-threads']),
    progress: (line) => context.progress(line),
  });
  const recalls = await RecallStore.open(
    dataset.folder === null ? null : join(dataset.folder, `recalls-${dataset.name}.json`),
  );
  const all = [...ownSystems(dataset, context), ...peers.systems];
  const rows: Record<string, unknown>[] = [...peers.absent].map(([name, why]) => ({ system: name, absent: why }));
  try {
    const report = { dataset, rows, context, recalls };
    const ready = await prepareAll(all, report);
    const lines: string[] = [];
    for (const set of dataset.querySets) {
      const measured = await measureSet(ready, set, report);
      rows.push(...measured.map((each) => rowOf(each, dataset.name, set.name)));
      const exact = measured.find(({ entry }) => entry.system.variant === 'exact');
      lines.push(`${set.name} ${exact?.ids.subarray(0, 100 * k).join(' ') ?? ''}`);
    }
    return { rows, hash: hashOf(lines) };
  } finally {
    for (const system of all) await system.close();
  }
}

/** Shoal's side. */
function ownSystems(dataset: AnnDataset, { clock, options, smoke, progress }: BenchmarkContext): AnnSystem[] {
  const threads = Number(options['threads']);
  const pattern = new RegExp(options['own'] ?? '');
  const lists = ownLists(dataset, { clock, threads, smoke, progress });
  return [new ShoalExact(dataset.base, clock), ...lists.filter(({ variant }) => pattern.test(variant))];
}

async function prepareAll(systems: readonly AnnSystem[], report: Report): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const system of systems) {
    await orAbsent(system, report, async () => {
      const built = await system.prepare();
      ready.push({ system, built });
      const size = `${built.buildSeconds.toFixed(1)} s, ${built.bytesPerVector.toFixed(0)} bytes`;
      report.context.progress(`${system.system} ${system.variant}: ${size}, ${system.callMicros.toFixed(1)} µs a call`);
    });
  }
  return ready;
}

async function measureSet(ready: readonly Ready[], set: QuerySet, report: Report): Promise<Measured[]> {
  const { recalls } = report;
  const { options, progress, smoke } = report.context;
  const answers = rightAnswers(report.dataset.base, set.queries, set.truth, k);
  const { tuning, testing } = halves(set.queries.count);
  const targets = (options['recall'] ?? '').split(',').map(Number);
  const entries: Entry[] = [];
  for (const { system, built } of ready) {
    await orAbsent(system, report, async () => {
      await system.useQueries(set);
      const tuner = new Tuner(system, answers, { tuning, store: recalls, name: set.name });
      for (const target of targets) {
        const tuned = await tuner.best(target);
        const how = tuned === null ? 'never' : `${JSON.stringify(tuned.setting)} ${tuned.micros.toFixed(0)} µs`;
        progress(`${set.name} ${system.system} ${system.variant} at ${target}: ${how}`);
        if (tuned !== null) entries.push({ system, built, target, tuned });
      }
      await recalls.save();
    });
  }
  const repetitions = smoke ? 1 : Number(options['repetitions']);
  const seconds = Number(options['seconds']);
  return await interleavedRuns(entries.filter(isUnbeaten), answers, testing, { repetitions, seconds, progress });
}

/** What `work` fails with becomes a row: a peer may not run here, or crash. */
async function orAbsent(system: AnnSystem, report: Report, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report.context.progress(`${system.system} ${system.variant} is absent: ${why}`);
    const row = { system: system.system, variant: system.variant, dataset: report.dataset.name, absent: why };
    report.rows.push(row);
  }
}

/**
 * No variant of the same system is both smaller and faster, by more than what repetitions differ, at the same target; the exact scan
 * stays, since the hash is of its answers.
 */
function isUnbeaten(entry: Entry, _: number, entries: readonly Entry[]): boolean {
  if (entry.system.variant === 'exact') return true;
  return !entries.some(
    (other) =>
      other.system.system === entry.system.system &&
      other.target === entry.target &&
      other.tuned.micros * fasterBy < entry.tuned.micros &&
      other.built.bytesPerVector <= entry.built.bytesPerVector,
  );
}

function rowOf(measured: Measured, dataset: string, querySet: string): Record<string, unknown> {
  const { system, built, target, tuned } = measured.entry;
  const { nprobe = null } = tuned.setting;
  const setting = Object.entries(tuned.setting).map(([knob, value]) => `${knob} ${value}`);
  return {
    system: system.system,
    variant: system.variant,
    dataset,
    querySet,
    target,
    'recall@10': measured.recall,
    nprobe,
    setting: setting.join(', '),
    bytesPerVector: built.bytesPerVector,
    buildSeconds: built.buildSeconds,
    qps1: measured.qps1,
    p50Us: measured.p50Us,
    p99Us: measured.p99Us,
    qpsBatch: measured.qpsBatch,
    qps1Median: measured.qps1Median,
    qpsBatchMedian: measured.qpsBatchMedian,
    cpuUs: measured.cpuUs,
    cpuUsBatch: measured.cpuUsBatch,
    callUs: system.callMicros,
    queries: measured.queries,
  };
}
