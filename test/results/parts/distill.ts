/** How Distill-VQ and the router learn: the course of their training on the shipped glosses, and what they find afterwards. */
import { systemClock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { distillRoutes } from '../../../trainer/learned/distill-routes.js';
import { distillVq } from '../../../trainer/learned/distill-vq.js';
import { leastProbe, recallCurve, trueNeighbours, type ProbeRecall } from '../../../trainer/structure/held-out.js';
import { trainStructure } from '../../../trainer/structure/train-structure.js';
import type { ListStructure } from '../../../vector-index/codebook/list-structure.js';
import { ListCoder } from '../../../vector-index/lists/list-coder.js';
import { glossFiles } from '../../bench/support/ann/glosses.js';
import { readFloatRows, type FloatRows } from '../../bench/support/ann/npy-file.js';
import { smallDataset } from '../../bench/support/ann/dataset.js';
import { trainingQueries } from '../../bench/support/ann/training-queries.js';
import { difference, figure } from '../figures.js';
import type { Findings, Part, PartContext, Plot, Table } from '../findings.js';

const seeds = { structure: 7, learning: 1 } as const;
const lists = { full: 2_048, quick: 8 } as const;
const steps = { full: 600, quick: 10 } as const;
const sentencesAsked = 2_000;
/** Share of the neighbours whose lists are counted. */
const counted = 0.9;
/** Numbers of lists that the router's table shows. */
const shownProbes = [1, 4, 8, 16, 32, 64, 128];

interface Sample {
  readonly base: FloatRows;
  /** Asked in the end alone: sentences. */
  readonly sentences: FloatRows;
  /** Training questions: words. */
  readonly queries: FloatRows;
}

export const distill: Part = {
  name: 'distill',
  title: 'Distill-VQ and the router on glosses',
  text: `The definitions of 117,791 WordNet glosses in ${lists.full.toLocaleString('en')} lists, and 24,000 lemmas as queries, which are far from all
vectors. Words of the scan's table, adapter and biases of lists are learned without labels; the codes stay, byte for byte. One share of the held-out
queries chooses when to stop, the one in the table had no part in any choice. The router's table counts lists that a query reads, and what of its true
ten neighbours these hold, before codes have a part; \`.9000\` is how many it takes for nine tenths of them. *sentences*, quoted examples, had no part in
it either.`,
  run: async (context) => {
    const sample = await sampleOf(context);
    const { structure, codebook } = trainStructure(
      { dim: sample.base.dim, vectors: sample.base.values, queries: null },
      { lists: context.isQuick ? lists.quick : lists.full, random: seededRandom(seeds.structure) },
    );
    const trained: ListStructure = { version: 1, structure, codebook };
    return { ...joined(learnCodes(trained, sample, context), learnRoutes(trained, sample, context)), seeds };
  },
};

type Shown = Pick<Findings, 'tables' | 'plots'>;

function joined(left: Shown, right: Shown): Shown & Pick<Findings, 'commands'> {
  return { commands: [], tables: [...left.tables, ...right.tables], plots: [...left.plots, ...right.plots] };
}

async function sampleOf({ isQuick, progress }: PartContext): Promise<Sample> {
  if (isQuick) {
    const { base } = await smallDataset(600, 64, 10);
    return { base, sentences: base, queries: base };
  }
  const options = { threads: 2, clock: systemClock, progress };
  const { base, sentences } = await glossFiles(options);
  const asked = await readFloatRows(sentences);
  const judging = { ...asked, count: sentencesAsked, values: asked.values.subarray(0, sentencesAsked * asked.dim) };
  return {
    base: await readFloatRows(base),
    sentences: judging,
    queries: await trainingQueries('words', Infinity, options),
  };
}

function learnCodes(structure: ListStructure, { base, queries }: Sample, { isQuick, progress }: PartContext): Shown {
  const count = isQuick ? steps.quick : steps.full;
  const startMs = systemClock.monotonicMs();
  const { before, after, curve, trainedOn, judgedBy } = distillVq(
    { structure, vectors: base.values, queries: queries.values },
    {
      random: seededRandom(seeds.learning),
      steps: count,
      onProgress: ({ share, loss, score }) =>
        progress(`Distill-VQ ${Math.round(100 * share)} %, loss ${loss.toFixed(4)}, R10@10 ${score.toFixed(4)}`),
    },
  );
  const seconds = ((systemClock.monotonicMs() - startMs) / 1000).toFixed(0);
  const course = (of: 'loss' | 'score'): [number, number][] =>
    curve.map((at) => [Math.round(at.share * count), at[of]]);
  const table: Table = {
    title: `First codes alone, ${trainedOn} queries learned from in ${seconds} s, ${judgedBy} judging`,
    head: ['', 'R10@10', 'R10@100'],
    rows: [
      ['codes as they are', figure(before.at10), figure(before.at100)],
      ['after Distill-VQ', figure(after.at10), figure(after.at100)],
      ['difference', difference(after.at10 - before.at10), difference(after.at100 - before.at100)],
    ],
  };
  const plot = (name: string, title: string, y: string, of: 'loss' | 'score'): Plot => ({
    ...{ name, title, x: 'steps of 64 queries', y },
    series: [{ name: 'Distill-VQ', points: course(of) }],
  });
  return {
    tables: [table],
    plots: [
      plot('distill-loss', 'Distill-VQ: loss', 'ListNet, mean since the point before', 'loss'),
      plot('distill-recall', 'Distill-VQ: recall of queries that choose when to stop', 'R10@10', 'score'),
    ],
  };
}

function learnRoutes(trained: ListStructure, { base, sentences, queries }: Sample, { progress }: PartContext): Shown {
  const { routes, unlearned, after } = distillRoutes(
    { structure: trained, vectors: base.values, queries: queries.values },
    {
      random: seededRandom(seeds.learning),
      onProgress: (share) => progress(`routes ${Math.round(100 * share)} %`),
    },
  );
  const { structure } = trained;
  const held = { ...trueNeighbours(sentences.values, base.values, base.dim), codes: 1 };
  const assigned = [new ListCoder(trained).assign(base.values)];
  const ofSentences = (routing: Float32Array | null): ProbeRecall[] =>
    recallCurve(held, { structure: routing === null ? structure : { ...structure, routing }, lists: assigned });
  const kinds: readonly (readonly [string, readonly ProbeRecall[], readonly ProbeRecall[]])[] = [
    ['words', unlearned.queries, after.queries],
    ['documents', unlearned.documents, after.documents],
    ['sentences', ofSentences(null), ofSentences(routes)],
  ];
  const curves = kinds.flatMap(([name, before, learned]) => [
    { name: `${name}, by centroids`, probes: before },
    { name: `${name}, by learned routes`, probes: learned },
  ]);
  const shown = shownProbes.filter((nprobe) => nprobe <= unlearned.queries.length);
  return {
    tables: [
      {
        title: 'Share of the true ten neighbours in the lists read',
        head: ['lists', ...shown.map(String), figure(counted)],
        rows: curves.map(({ name, probes }) => [
          name,
          ...shown.map((nprobe) => figure(recallAt(probes, nprobe))),
          String(leastProbe(probes, counted).nprobe),
        ]),
      },
    ],
    plots: [
      {
        ...{ name: 'router', title: 'The router, before and after learning', isLogarithmic: true },
        ...{ x: 'lists read', y: 'share of the true ten neighbours' },
        series: curves.map(({ name, probes }) => ({
          name,
          points: shown.map((nprobe) => [nprobe, recallAt(probes, nprobe)] as const),
        })),
      },
    ],
  };
}

function recallAt(probes: readonly ProbeRecall[], nprobe: number): number {
  return probes.find((at) => at.nprobe === nprobe)?.recall ?? NaN;
}
