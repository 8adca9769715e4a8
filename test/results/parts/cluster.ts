/** A labelled collection through a whole cluster with a trained, compressed index. */
import { collectionFolder, figure } from '../figures.js';
import type { Findings, Part, Table } from '../findings.js';
import { commandText, runProgram } from '../program.js';

interface Printed {
  readonly modes: readonly {
    readonly documents: number;
    readonly queries: number;
    readonly mode: string;
    readonly 'ndcg@10': number;
    readonly 'recall@100': number;
    readonly 'mrr@10': number;
  }[];
}

const seed = 1;
/** Tokens of a row: a third of the shipped codec's 102 bytes each. */
const pooling = 3;

export const cluster: Part = {
  name: 'cluster',
  title: 'A cluster with a compressed index',
  text: `\`shoal eval\` starts a cluster, imports the collection, trains lists and codes and then their numbers by Distill-VQ, waits until every document is coded, and
asks the test questions, 100 hits each; once with a row of 102 bytes for every token, and once with one for three (\`--token-pooling 3\`), 35 bytes a
token. Required of the hybrid of SciFact, with at most 36: nDCG@10 of at least .735; aim .755.`,
  run: async ({ isQuick, data, progress }) => {
    const name = isQuick ? 'adi' : 'scifact';
    const folder = collectionFolder(data, name);
    // A few dozen documents are too few to train on.
    const trained = isQuick ? [] : ['--train', 'structure,distill-vq', '--seed', String(seed)];
    const all = ['client/cli/shoal.mjs', 'eval', name, folder, '--embedded', '--mode', 'all', '--json', ...trained];
    const pooled = [...all, '--token-pooling', String(pooling)];
    const tables: Table[] = [];
    for (const args of [all, pooled]) {
      const { modes } = (await runProgram(args, progress)) as Printed;
      const rows = args === all ? 'every token' : `${pooling} tokens`;
      tables.push({
        title: `${name}: ${modes[0]?.documents ?? 0} documents, ${modes[0]?.queries ?? 0} questions, a row for ${rows}`,
        head: ['mode', 'nDCG@10', 'R@100', 'MRR@10'],
        rows: modes.map((row) => [row.mode, figure(row['ndcg@10']), figure(row['recall@100']), figure(row['mrr@10'])]),
      });
    }
    return {
      commands: [commandText(all), commandText(pooled)],
      seeds: isQuick ? {} : { trainings: seed },
      tables,
      plots: [],
    } satisfies Findings;
  },
};
