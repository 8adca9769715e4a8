/**
 * How much of the exact ten nearest does a code of so many bytes find, every vector scanned?
 *
 * recall10@10 and recall10@100 = share of the ten nearest among the first 10 and 100 that the code gives; bytes =
 * codes and factors of a vector, without ids, of both codes where there is a second one (which rescores 400
 * candidates). Peers: FAISS's codecs. A codec is asked as many queries as it answers in --seconds, at least 100: some take a quarter
 * of a second a query; `queries` says how many.
 */
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import type { AnnSystem, QueryRange } from './support/ann/ann-system.js';
import { codecVariants } from './support/ann/codec-variants.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import type { AnnDataset } from './support/ann/dataset.js';
import { openPeers } from './support/ann/open-peers.js';
import { ownCodecs } from './support/ann/own-lists.js';
import { recallOf, rightAnswers, type RightAnswers } from './support/ann/recall.js';
import { ShoalExact } from './support/ann/shoal-exact.js';

export const benchmark: Benchmark = {
  name: 'compression',
  summary: 'what codes of so many bytes find, every vector scanned, beside FAISS',
  options: [
    ...datasetOptions.map((option) =>
      option.flag.startsWith('--queries-limit') ? { ...option, default: '2000' } : option,
    ),
    { flag: '--seconds N', describe: 'of a codec and a set of queries', default: '20' },
  ],
  run,
};

const k = 10;
const depth = 100;
const timedQueries = 10;
const queriesMin = 100;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dataset = await datasetOf(context);
  const { options, progress } = context;
  const threads = Number(options['threads']);
  const peers = openPeers(dataset, {
    names: context.smoke ? '' : (options['peers'] ?? ''),
    variants: (name) => (name === 'faiss' ? codecVariants(threads) : []),
    cache: join(dataset.folder ?? '', `codecs-${dataset.name}`),
    threads,
    progress,
  });
  const rows: Record<string, unknown>[] = [...peers.absent].map(([system, why]) => ({ system, absent: why }));
  for (const system of [...ownSystems(dataset, context), ...peers.systems]) {
    rows.push(...(await rowsOf(system, dataset, context)));
  }
  return { rows, hash: hashOf(rows.filter(({ system }) => system === 'shoal').map((row) => JSON.stringify(row))) };
}

/** Shoal's side. */
function ownSystems(dataset: AnnDataset, { clock, options, smoke, progress }: BenchmarkContext): AnnSystem[] {
  const threads = Number(options['threads']);
  return [new ShoalExact(dataset.base, clock), ...ownCodecs(dataset, { clock, threads, smoke, progress })];
}

/** A row for each set of queries, or one that says why there is none. */
async function rowsOf(
  system: AnnSystem,
  dataset: AnnDataset,
  { options, progress }: BenchmarkContext,
): Promise<Record<string, unknown>[]> {
  const name = { system: system.system, codec: system.variant };
  try {
    const built = await system.prepare();
    const rows: Record<string, unknown>[] = [];
    for (const set of dataset.querySets) {
      await system.useQueries(set);
      const answers = rightAnswers(dataset.base, set.queries, set.truth, k);
      const range = await affordable(system, set.queries.count, Number(options['seconds']));
      const recalls = await recallsOf(system, answers, range);
      rows.push({ ...name, bytes: built.codeBytes, querySet: set.name, ...recalls, queries: range.count });
      progress(`${system.system} ${system.variant}: ${set.name} ${JSON.stringify(recalls)}`);
    }
    return rows;
  } catch (error) {
    return [{ ...name, absent: error instanceof Error ? error.message : String(error) }];
  } finally {
    await system.close();
  }
}

/** As many queries, evenly spread, as `seconds` allow: a few are timed first. */
async function affordable(system: AnnSystem, queries: number, seconds: number): Promise<QueryRange> {
  const count = Math.min(queries, timedQueries);
  const timed = await system.measureBatch(system.families[0]?.[0] ?? {}, depth, { first: 0, step: 1, count });
  const wanted = Math.max(queriesMin, Math.floor((seconds * count) / Math.max(timed.seconds, 1e-9)));
  const step = Math.ceil(queries / Math.min(queries, wanted));
  return { first: 0, step, count: Math.ceil(queries / step) };
}

async function recallsOf(
  system: AnnSystem,
  answers: RightAnswers,
  range: QueryRange,
): Promise<{ 'recall10@10': number; 'recall10@100': number }> {
  const { ids } = await system.measureBatch(system.families[0]?.[0] ?? {}, depth, range);
  return { 'recall10@10': recallOf(answers, range, ids, k), 'recall10@100': recallOf(answers, range, ids, depth) };
}
