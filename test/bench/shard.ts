/**
 * What does a dense search of one shard cost once its collection is trained?
 *
 * The vectors of a dataset as documents of a `ShardIndex`, in the segments that sealing and merging leave, coded in the lists that training
 * makes of them. Arms, interleaved, over the same lists: `coded` as searches go, `filtered` with a filter that half of the rows pass,
 * `exact` by the vectors themselves, and `twice` as `coded` in an index where every vector lies in two lists. Times are of `scan` alone, no
 * network; k = candidates. recall = share of the exact search's hits in the same lists, recallOfAll = of those in all lists.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCountFor } from '../../trainer/structure/list-count.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import type { IndexDocument } from '../../vector-index/document.js';
import type { RowFilter } from '../../vector-index/filter/row-filter.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import type { AnnDataset, QuerySet } from './support/ann/dataset.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import { trainedLists } from './support/ann/trained-lists.js';

export const benchmark: Benchmark = {
  name: 'shard',
  summary: 'dense search of one trained shard, coded once and twice, filtered and exact',
  options: [
    ...datasetOptions.filter(({ flag }) => !flag.startsWith('--peers')),
    { flag: '--probes LIST', describe: 'lists that a query reads', default: '16,32,64,128' },
    { flag: '--k LIST', describe: 'candidates of a search', default: '10,100' },
    { flag: '--asked N', describe: 'queries of each set', default: '200' },
  ],
  run,
};

const arms = ['coded', 'filtered', 'exact', 'twice'] as const;
const batch = 4_096;
const keys = 100n;
const half: RowFilter = {
  ...{ kind: 'compare', attribute: 'key', type: 'int64', isList: false, comparator: 'less' },
  values: [keys / 2n],
};

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dataset = await datasetOf(context);
  const { base, folder } = dataset;
  const lists = context.smoke ? 8 : listCountFor(base.count);
  const trained = await trainedLists({
    ...{ base, folder, lists, hasSeconds: true, queries: null },
    progress: context.progress,
  });
  const { structure: twice, codebook } = trained.parts;
  const { around: _, ...structure } = twice;
  return withIndex(context, dataset, { version: 1, structure, codebook }, (index) =>
    withIndex(context, dataset, { version: 1, structure: twice, codebook }, (copied) =>
      measureAll(context, { index, copied, structure, dataset }),
    ),
  );
}

/** Calls `work` with an index of the dataset's vectors in lists of `structure`. */
async function withIndex<T>(
  context: BenchmarkContext,
  dataset: AnnDataset,
  structure: ListStructure,
  work: (index: ShardIndex) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-shard-'));
  try {
    const index = await ShardIndex.open({
      ...{ directory, settings: { dim: dataset.base.dim, tokenDim: 8 }, codecs: () => null, files: systemFiles },
      ...{ structure, clock: context.clock },
    });
    try {
      await fill(index, dataset);
      return await work(index);
    } finally {
      await index.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As the log would bring the vectors; sealed and merged as maintenance does it. */
async function fill(index: ShardIndex, { base }: AnnDataset): Promise<void> {
  for (let from = 0, sequence = 1n; from < base.count; from += batch, sequence += 1n) {
    const documents = Array.from({ length: Math.min(batch, base.count - from) }, (_, i) => {
      const row = from + i;
      return documentOf(
        row,
        sequence * BigInt(batch) + BigInt(i),
        base.values.subarray(row * base.dim, (row + 1) * base.dim),
      );
    });
    index.apply({ subject: 's', sequence, timeMs: 1 }, { documents });
    while (await index.maintain());
  }
  await index.seal();
  while (await index.maintain());
}

function documentOf(row: number, docId: bigint, dense: Float32Array): IndexDocument {
  return {
    ...{ docId, passage: 0, start: 0, end: 0, contentHash: 0n, id: String(row), title: null, text: '' },
    ...{
      attributes: { key: BigInt((row * 7_919) % Number(keys)) },
      list: 0,
      home: 0,
      dense,
      terms: null,
      tokens: null,
    },
  };
}

interface Opened {
  readonly index: ShardIndex;
  /** Of vectors that lie in two lists. */
  readonly copied: ShardIndex;
  readonly structure: Structure;
  readonly dataset: AnnDataset;
}

async function measureAll(context: BenchmarkContext, opened: Opened): Promise<BenchmarkResult> {
  const numbers = (option: string): number[] => (context.options[option] ?? '').split(',').map(Number);
  const rows: Record<string, unknown>[] = [];
  const lines: string[] = [];
  for (const set of opened.dataset.querySets) {
    for (const k of context.smoke ? [3] : numbers('k')) {
      for (const probes of context.smoke ? [8] : numbers('probes')) {
        const measured = await measure(context, opened, { set, k, probes });
        rows.push(...measured.rows);
        lines.push(...measured.lines);
      }
    }
  }
  return { rows, hash: hashOf(lines) };
}

async function measure(
  { smoke, options, clock }: BenchmarkContext,
  { index, copied, structure }: Opened,
  { set, k, probes }: { readonly set: QuerySet; readonly k: number; readonly probes: number },
) {
  const asked = smoke ? 5 : Math.min(Number(options['asked']), set.queries.count);
  const times = arms.map(() => [] as number[]);
  const lines: string[] = [];
  const found = arms.map(() => 0);
  let inLists = 0;
  let wanted = 0;
  for (let q = 0; q < asked; q++) {
    const dense = set.queries.values.subarray(q * structure.dim, (q + 1) * structure.dim);
    const lists = nearestLists(structure, dense, probes).sort();
    const hits: bigint[][] = [];
    for (const [at, arm] of arms.entries()) {
      const selection = { filter: arm === 'filtered' ? half : null, lists };
      const beginMs = clock.monotonicMs();
      const answer = await (arm === 'twice' ? copied : index).scan({
        dense,
        sparse: null,
        k,
        isExact: arm === 'exact',
        selection,
      });
      times[at]!.push(clock.monotonicMs() - beginMs);
      hits.push([...answer.dense!.docIds]);
    }
    const exact = new Set(hits[2]);
    wanted += exact.size;
    inLists += hits[0]!.filter((docId) => exact.has(docId)).length;
    const all = new Set(Array.from(trueRows(set, q, k), (row) => BigInt(row) + BigInt(batch)));
    hits.forEach((own, at) => (found[at]! += own.filter((docId) => all.has(docId)).length / all.size / asked));
    lines.push(hits.flat().join(' '));
  }
  const { segments } = index.statistics(new Uint32Array(0));
  const shared = { querySet: set.name, k, lists: probes, segments };
  const rows = arms.map((arm, at) => {
    const sorted = times[at]!.sort((a, b) => a - b);
    const quantile = (share: number): number => 1_000 * sorted[Math.floor(share * (sorted.length - 1))]!;
    const row = { system: arm, ...shared, fastestUs: quantile(0), medianUs: quantile(0.5), p90Us: quantile(0.9) };
    if (arm === 'filtered') return row;
    return { ...row, ...(arm === 'coded' ? { recall: inLists / wanted } : {}), recallOfAll: found[at]! };
  });
  return { rows, lines };
}

/** The rows nearest to query `q`, k of them or as many as are known. */
function trueRows({ truth }: QuerySet, q: number, k: number): Int32Array {
  const { values, width } = truth;
  return values.subarray(q * width, q * width + Math.min(k, width));
}
