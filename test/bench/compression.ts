/**
 * How much of the exact ten nearest does a code of so many bytes find, every vector scanned?
 *
 * recall10@10 and recall10@100 = share of the ten nearest among the first 10 and 100 that the code gives; bytes =
 * codes and factors of a vector, without ids, of both codes where there is a second one (which rescores 400
 * candidates). Peers: FAISS's codecs, those that lead at some size unless --codecs all; what they find is kept, so that a run after the
 * first takes a minute or two. Rows with `higher` say who is ahead at equal bytes: the best of each side that is no larger. A codec is asked as many queries as it answers in --seconds, at least 100: some take a quarter
 * of a second a query; `queries` says how many.
 *
 * Codecs named distill-vq are those of the same name with parameters learned by Distill-VQ (trainer/learned/): the bytes of the vectors are the
 * same. Each takes two or three minutes, every time; --distill 0 leaves them out.
 */
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import type { AnnSystem, QueryRange } from './support/ann/ann-system.js';
import { codecVariants } from './support/ann/codec-variants.js';
import { atEqualBytes, type SizedRecall } from './support/ann/equal-bytes.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import type { AnnDataset } from './support/ann/dataset.js';
import { openPeers } from './support/ann/open-peers.js';
import { learnedCodecs, ownCodecs } from './support/ann/own-lists.js';
import { recallOf, rightAnswers, type RightAnswers } from './support/ann/recall.js';
import { RowStore, type Row } from './support/ann/row-store.js';
import { ShoalExact } from './support/ann/shoal-exact.js';

export const benchmark: Benchmark = {
  name: 'compression',
  summary: 'what codes of so many bytes find, every vector scanned, beside FAISS',
  options: [
    ...datasetOptions.map((option) =>
      option.flag.startsWith('--queries-limit') ? { ...option, default: '2000' } : option,
    ),
    { flag: '--seconds N', describe: 'of a codec and a set of queries', default: '20' },
    { flag: '--distill STEPS', describe: 'of Distill-VQ, some minutes each time; 0 = not measured', default: '600' },
    { flag: '--codecs WHICH', describe: 'of the peers: leading, or all, which takes an hour once', default: 'leading' },
  ],
  run,
};

const k = 10;
const depth = 100;
const timedQueries = 10;
const queriesMin = 100;
/** Up to which sizes are compared. */
const bytesMax = 432;
const smokeSteps = 5;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dataset = await datasetOf(context);
  const { options, progress } = context;
  const threads = Number(options['threads']);
  const cache = join(dataset.folder ?? '', `codecs-${dataset.name}`);
  const peers = openPeers(dataset, {
    names: context.smoke ? '' : (options['peers'] ?? ''),
    variants: (name) => (name === 'faiss' ? codecVariants(threads, options['codecs'] === 'all') : []),
    cache,
    threads,
    progress,
  });
  const rows: Record<string, unknown>[] = [...peers.absent].map(([system, why]) => ({ system, absent: why }));
  for (const system of ownSystems(dataset, context)) rows.push(...(await rowsOf(system, dataset, context)));
  const store = await RowStore.open(dataset.folder === null ? null : join(cache, 'rows.json'));
  const sets = dataset.querySets.map(({ name, queries }) => `${name} ${queries.count}`).join();
  for (const system of peers.systems) {
    const key = `${system.system} ${peers.versions.get(system.system)} ${system.variant} ${sets} ${options['seconds']} s`;
    rows.push(...(await store.rows(key, () => rowsOf(system, dataset, context))));
  }
  rows.push(...dataset.querySets.flatMap(({ name }) => comparedOn(name, rows)));
  return { rows, hash: hashOf(rows.filter(({ system }) => system === 'shoal').map((row) => JSON.stringify(row))) };
}

/** Who is ahead at each size: ours by codes learned from nothing but the vectors, and by those that questions had a part in. */
function comparedOn(querySet: string, rows: readonly Row[]): Record<string, unknown>[] {
  const sized = (isOwn: boolean): SizedRecall[] =>
    rows
      .filter((row) => row['querySet'] === querySet && (row['system'] === 'shoal') === isOwn)
      .map((row) => ({ name: String(row['codec']), bytes: Number(row['bytes']), recall: Number(row['recall10@10']) }));
  const [own, peers] = [sized(true), sized(false)];
  return [false, true].flatMap((hasQueries) => {
    const ours = own.filter(({ name }) => name.startsWith('lists') && name.includes(' queries ') === hasQueries);
    return atEqualBytes(ours, peers, bytesMax).map((row) => ({ querySet, ...row }));
  });
}

/** Shoal's side. */
function ownSystems(dataset: AnnDataset, { clock, options, smoke, progress }: BenchmarkContext): AnnSystem[] {
  const threads = Number(options['threads']);
  const own = { clock, threads, smoke, progress };
  const steps = smoke ? smokeSteps : Number(options['distill']);
  return [
    new ShoalExact(dataset.base, clock),
    ...ownCodecs(dataset, own),
    ...learnedCodecs(dataset, { ...own, steps }),
  ];
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
