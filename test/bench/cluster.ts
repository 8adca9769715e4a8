/**
 * How many shards does a query ask to find its neighbours, by where lists lie?
 *
 * The same lists in so many shards: `modulo` deals them out in turn, `affine` packs those that queries read together
 * (coordinator/placement/pack-lists.ts), and so does `affine+copy`, where every vector lies in two lists. Queries of all three choose their shards
 * alike (coordinator/search/choose-shards.ts): of the numbers of nearest lists and shares of their weight that reach the recall, and .006 more, on the even queries the
 * one that asks the fewest shards, and of equal ones reads the fewest lists; rows are of the odd queries. nprobe = lists that a query reads, a mean as
 * shardsContacted is. recall@10 is that of one index of all lists, which compares vectors themselves in the end: shards that answer for themselves
 * find no less, for each keeps as many survivors. heaviest = vectors of the fullest shard by the mean of all; toModulo = shardsContacted by those of `modulo`.
 */
import { packLists } from '../../coordinator/placement/pack-lists.js';
import { listsOfNeededShards } from '../../coordinator/search/choose-shards.js';
import { assignNearest } from '../../kernels/kernels.js';
import { secondLists } from '../../vector-index/codebook/second-lists.js';
import { listCountOf, nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import type { QueryRange } from './support/ann/ann-system.js';
import type { AnnDataset, QuerySet } from './support/ann/dataset.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import { ListIndex, type ListIndexParts } from './support/ann/list-index.js';
import { recallOf, rightAnswers, type RightAnswers } from './support/ann/recall.js';
import { trainedLists } from './support/ann/trained-lists.js';
import { halves } from './support/ann/tune.js';

export const benchmark: Benchmark = {
  name: 'cluster',
  summary: 'shards that a query asks at a recall, by where lists lie',
  options: [
    ...datasetOptions
      .filter(({ flag }) => !flag.startsWith('--peers'))
      .map((option) => {
        if (option.flag.startsWith('--dataset')) return { ...option, default: 'million' };
        return option.flag.startsWith('--queries-limit') ? { ...option, default: '2000' } : option;
      }),
    { flag: '--shards N', describe: 'of the collection', default: '16' },
    { flag: '--recall N', describe: 'recall@10 to reach', default: '0.96' },
  ],
  run,
};

const k = 10;
/** Survivors of the first codes that are compared themselves. */
const exact = 130;
/** One list for so many vectors. */
const vectorsPerList = 122;
const smokeLists = 32;
/** Settings reach so much more on the queries that they are chosen by: on others they may reach less. */
const margin = 0.006;
const nearestOf = [
  8, 12, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1_024,
];
const shares = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 1];

interface Placement {
  readonly name: string;
  /** uint32[lists] */
  readonly shardOf: Uint32Array;
  readonly index: ListIndex;
  readonly structure: Structure;
  readonly heaviest: number;
}

interface Asked {
  readonly recall: number;
  /** Means of a query. */
  readonly lists: number;
  readonly shards: number;
  readonly ids: Int32Array;
}

interface Choice {
  readonly nearest: number;
  readonly share: number;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dataset = await datasetOf(context);
  const { base, folder } = dataset;
  const lists = context.smoke ? smokeLists : 2 ** Math.round(Math.log2(base.count / vectorsPerList));
  const progress = (line: string): void => context.progress(line);
  const { parts } = await trainedLists({ base, folder, lists, hasSeconds: true, queries: null, progress });
  const rows: Record<string, unknown>[] = [];
  const lines: string[] = [];
  for (const hasCopies of [false, true]) {
    const { around: _, ...once } = parts.structure;
    const structure = hasCopies ? parts.structure : once;
    context.progress(`lists of ${base.count} vectors, ${hasCopies ? 'each in two' : 'each in one'}`);
    const index = new ListIndex(base, { ...parts, structure, hasCopies: true });
    try {
      for (const placement of await placementsOf(context, { dataset, parts, structure, index, hasCopies })) {
        for (const set of dataset.querySets) {
          const measured = measure(context, dataset, set, placement);
          rows.push(measured.row);
          lines.push(measured.line);
        }
      }
    } finally {
      index.close();
    }
  }
  return { rows: withRatios(rows), hash: hashOf(lines) };
}

interface Built {
  readonly dataset: AnnDataset;
  readonly parts: Omit<ListIndexParts, 'hasCopies'>;
  readonly structure: Structure;
  readonly index: ListIndex;
  readonly hasCopies: boolean;
}

async function placementsOf(context: BenchmarkContext, built: Built): Promise<Placement[]> {
  const { dataset, structure, index, hasCopies } = built;
  const shards = shardsOf(context);
  const weights = sizesOf(structure, dataset);
  const packed = new Uint32Array(weights.length);
  const groups = await packLists(structure, { shards, weights, clock: context.clock });
  groups.forEach((lists, shard) => lists.forEach((list) => (packed[list] = shard)));
  const placed = (name: string, shardOf: Uint32Array): Placement => {
    const loads = new Float64Array(shards);
    shardOf.forEach((shard, list) => (loads[shard]! += weights[list]!));
    const mean = loads.reduce((sum, load) => sum + load, 0) / shards;
    return { name, shardOf, index, structure, heaviest: Math.max(...loads) / mean };
  };
  if (hasCopies) return [placed('affine+copy', packed)];
  return [
    placed(
      'modulo',
      Uint32Array.from(packed, (_, list) => list % shards),
    ),
    placed('affine', packed),
  ];
}

/** float64[lists]: vectors of each, those that lie in it as their second one included. */
function sizesOf(structure: Structure, { base }: AnnDataset): Float64Array {
  const sizes = new Float64Array(listCountOf(structure));
  const { assignments: firsts } = assignNearest(base.values, structure.centroids, base.dim);
  firsts.forEach((list) => (sizes[list]! += 1));
  if (structure.around === undefined) return sizes;
  secondLists(structure, base.values, firsts).forEach((list, row) => {
    if (list !== firsts[row]) sizes[list]! += 1;
  });
  return sizes;
}

function measure(
  context: BenchmarkContext,
  { base }: AnnDataset,
  set: QuerySet,
  placement: Placement,
): { row: Record<string, unknown>; line: string } {
  const { tuning, testing } = halves(set.queries.count);
  const answers = rightAnswers(base, set.queries, set.truth, k);
  const target = Number(context.options['recall']);
  const ask = (choice: Choice, range: QueryRange): Asked => asked(placement, { set, answers, range }, choice);
  const choice = bestChoice(placement, target + margin, (each) => ask(each, tuning));
  const { recall, lists, shards, ids } = ask(choice, testing);
  context.progress(`${placement.name}, ${set.name}: ${shards.toFixed(2)} shards at ${recall.toFixed(4)}`);
  const row = {
    ...{ placement: placement.name, querySet: set.name, target, nprobe: lists, 'recall@10': recall },
    ...{ shardsContacted: shards, shardsTotal: shardsOf(context), heaviest: placement.heaviest },
    ...{ nearestLists: choice.nearest, share: choice.share },
  };
  return { row, line: `${placement.name} ${set.name} ${choice.nearest} ${choice.share} ${ids.join(' ')}` };
}

/** The choice that reaches `target` with the fewest shards, then with the fewest lists; all lists where none does. */
function bestChoice({ structure }: Placement, target: number, ask: (choice: Choice) => Asked): Choice {
  const lists = listCountOf(structure);
  const all = { nearest: lists, share: 1 };
  let best: { choice: Choice; asked: Asked } | null = null;
  for (const share of shares) {
    // With more lists recall grows and so do shards, by less the more there are: the first numbers that reach it say enough.
    for (const nearest of nearestOf.filter((each) => each <= lists)) {
      const choice = { nearest, share };
      const answer = ask(choice);
      if (answer.recall < target) continue;
      const isBetter =
        best === null ||
        answer.shards < best.asked.shards ||
        (answer.shards === best.asked.shards && answer.lists < best.asked.lists);
      if (isBetter) best = { choice, asked: answer };
      break;
    }
  }
  return best?.choice ?? all;
}

function asked(
  { structure, shardOf, index }: Placement,
  of: { readonly set: QuerySet; readonly answers: RightAnswers; readonly range: QueryRange },
  { nearest, share }: Choice,
): Asked {
  const { answers, range } = of;
  const { queries } = of.set;
  index.configure({ nprobe: nearest, survivors: 0, exact, k });
  const ids = new Int32Array(range.count * k).fill(-1);
  let [lists, shards] = [0, 0];
  for (let i = 0; i < range.count; i += 1) {
    const from = (range.first + i * range.step) * queries.dim;
    const query = queries.values.subarray(from, from + queries.dim);
    const read = listsOfNeededShards(nearestLists(structure, query, nearest), shardOf, share);
    index.searchLists(query, read, ids.subarray(i * k, (i + 1) * k));
    lists += read.length;
    shards += new Set(Array.from(read, (list) => shardOf[list]!)).size;
  }
  return { recall: recallOf(answers, range, ids), lists: lists / range.count, shards: shards / range.count, ids };
}

function withRatios(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.map((row) => {
    const modulo = rows.find(({ placement, querySet }) => placement === 'modulo' && querySet === row['querySet']);
    return { ...row, toModulo: Number(row['shardsContacted']) / Number(modulo?.['shardsContacted']) };
  });
}

function shardsOf({ options, smoke }: BenchmarkContext): number {
  return smoke ? 4 : Number(options['shards']);
}
