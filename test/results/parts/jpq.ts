/** What judgements are worth to the first code: JPQ on splits of judged queries. */
import { join } from 'node:path';
import { collectionFolder, figure } from '../figures.js';
import type { Findings, Part, Plot, Series, Table } from '../findings.js';
import { commandText, runProgram } from '../program.js';

interface Figures {
  readonly mrr: number;
  readonly at10: number;
}

interface Printed {
  readonly documents: number;
  readonly queries: number;
  readonly bytes: number;
  readonly seed: number;
  readonly splits: readonly {
    readonly figures: readonly (readonly [string, Figures])[];
    readonly course: readonly { readonly share: number; readonly loss: number; readonly score: number | null }[];
  }[];
}

const collections = ['scifact', 'cranfield'];
const splits = 5;
const usualSteps = 150;

export const jpq: Part = {
  name: 'jpq',
  title: 'JPQ on judged queries',
  text: `Judged queries of SciFact (training and test) and Cranfield in ${splits} parts; each part is asked once, by parameters learned from the others:
Distill-VQ without labels, then JPQ with them. MRR@10 is that of the first code alone, over that of the dense vectors; R10@10 is the share of the
dense ten that the code finds, which JPQ may lower by a tenth at most; where held-out queries gain nothing, what was begun with serves on. In the plots: loss, and MRR@10 of the queries that choose when to stop.`,
  run: async ({ isQuick, data, cache, progress }) => {
    const commands: string[] = [];
    const tables: Table[] = [];
    const plots: Plot[] = [];
    const seeds: Record<string, number> = {};
    for (const name of isQuick ? collections.slice(1) : collections) {
      const folder = collectionFolder(data, name);
      const vectors = (kind: string): string[] => [`--${kind}`, join(cache, `${name}.${kind}.npy`)];
      const args = [
        ...['test/recall/jpq/main.ts', '--json', '--folder', folder, '--splits', String(isQuick ? 2 : splits)],
        ...vectors('documents'),
        ...vectors('queries'),
      ];
      const printed = (await runProgram(args, progress)) as Printed;
      commands.push(commandText(args));
      tables.push(tableOf(name, printed));
      plots.push(...coursesOf(name, printed));
      seeds[name] = printed.seed;
    }
    return { commands, seeds, tables, plots } satisfies Findings;
  },
};

function tableOf(name: string, { documents, queries, bytes, splits: parts }: Printed): Table {
  const names = parts[0]?.figures.map(([of]) => of) ?? [];
  const figuresOf = (split: number, of: string): Figures =>
    parts[split]?.figures.find(([own]) => own === of)?.[1] ?? { mrr: NaN, at10: NaN };
  const mean = (value: (split: number) => number): number =>
    parts.reduce((sum, _, split) => sum + value(split), 0) / parts.length;
  return {
    title: `${name}: ${documents} documents, ${queries} judged queries, ${bytes} bytes a vector; MRR@10 by split`,
    head: ['', ...parts.map((_, split) => String(split + 1)), 'mean', 'of dense', 'R10@10'],
    rows: names.map((of) => [
      of,
      ...parts.map((_, split) => figure(figuresOf(split, of).mrr)),
      figure(mean((split) => figuresOf(split, of).mrr)),
      figure(mean((split) => figuresOf(split, of).mrr / figuresOf(split, 'dense').mrr)),
      figure(mean((split) => figuresOf(split, of).at10)),
    ]),
  };
}

function coursesOf(name: string, { splits: parts }: Printed): Plot[] {
  const series = (of: 'loss' | 'score'): Series[] =>
    parts.map(({ course }, split) => ({
      name: `split ${split + 1}`,
      // Where too much of the dense neighbours is lost, there is no score.
      points: course.flatMap((at) => {
        const value = at[of];
        return value === null ? [] : [[Math.round(at.share * usualSteps), value] as const];
      }),
    }));
  const x = 'steps of 32 queries';
  return [
    { name: `jpq-${name}-loss`, title: `JPQ on ${name}: loss`, x, y: 'LambdaRank', series: series('loss') },
    { name: `jpq-${name}-mrr`, title: `JPQ on ${name}: held-out MRR@10`, x, y: 'MRR@10', series: series('score') },
  ];
}
