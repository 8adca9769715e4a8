/** What coding and pooling of token rows costs: nDCG@10 by bytes of a document. */
import { collectionFolder, figure } from '../figures.js';
import type { Findings, Part, Series, Table } from '../findings.js';
import { commandText, runProgram } from '../program.js';

interface Printed {
  readonly documents: number;
  readonly questions: number;
  readonly tokensPerDocument: number;
  readonly rows: readonly { readonly name: string; readonly bytesPerToken: number; readonly ndcg: number }[];
}

/** Each by the options of `test/recall/token-codec/main.ts`. */
const runs = [
  { name: 'codes trained anew', collection: 'scifact', options: ['--every', '2'] },
  { name: 'the shipped codec', collection: 'scifact', options: ['--shipped', '--split', 'test', '--every', '1'] },
  { name: 'the shipped codec', collection: 'cranfield', options: ['--shipped', '--split', 'test', '--every', '1'] },
  { name: 'token pooling', collection: 'scifact', options: ['--every', '4', '--pooling', '1,2,3,4'] },
] as const;
const quickRuns = [
  { name: 'token pooling', collection: 'adi', options: ['--split', 'test', '--every', '1', '--pooling', '1,2'] },
] as const;

export const tokens: Part = {
  name: 'tokens',
  title: 'nDCG@10 by bytes of a document’s token rows',
  text: `MaxSim over the dense top 100. Codes trained anew, and pooling, are asked SciFact's training questions, by which choices were made; the shipped codec
test questions. Bytes of a document are those of its mean number of tokens. Projections (PCA) are to fewer dimensions; the last section has learned ones.`,
  run: async ({ isQuick, data, progress }) => {
    const commands: string[] = [];
    const tables: Table[] = [];
    const series: Series[] = [];
    for (const { name, collection, options } of isQuick ? quickRuns : runs) {
      collectionFolder(data, collection);
      const args = [
        'test/recall/token-codec/main.ts',
        '--json',
        '--data',
        data,
        '--collection',
        collection,
        ...options,
      ];
      const printed = (await runProgram(args, progress)) as Printed;
      commands.push(commandText(args));
      tables.push(tableOf(`${collection}, ${name}`, printed));
      series.push(...seriesOf(`${collection}, ${name}`, printed));
    }
    const plot = { name: 'tokens', title: 'nDCG@10 by bytes of token rows', x: 'bytes of a document', y: 'nDCG@10' };
    return {
      commands,
      seeds: { codecs: 7 },
      tables,
      plots: [{ ...plot, isLogarithmic: true, series }],
    } satisfies Findings;
  },
};

function tableOf(name: string, { documents, questions, tokensPerDocument, rows }: Printed): Table {
  return {
    title: `${name}: ${documents} documents, ${questions} questions`,
    head: ['rows', 'bytes a token', 'bytes a document', 'nDCG@10'],
    rows: rows.map((row) => [
      row.name,
      row.bytesPerToken === 0 ? '' : row.bytesPerToken.toFixed(1),
      row.bytesPerToken === 0 ? '' : (row.bytesPerToken * tokensPerDocument).toFixed(0),
      figure(row.ndcg),
    ]),
  };
}

/** One line through all sizes; the dense vector alone has no token rows. */
function seriesOf(name: string, { tokensPerDocument, rows }: Printed): Series[] {
  const points = rows
    .filter(({ bytesPerToken }) => bytesPerToken > 0)
    .map(({ bytesPerToken, ndcg }) => [bytesPerToken * tokensPerDocument, ndcg] as const)
    .sort(([a], [b]) => a - b);
  return [{ name, points }];
}
