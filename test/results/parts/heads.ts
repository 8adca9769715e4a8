/** Heads on the frozen backbone, and what the three representations are worth together. */
import { join } from 'node:path';
import { difference, collectionFolder, figure } from '../figures.js';
import { LeftOut, type Part, type PartContext, type Table } from '../findings.js';
import { commandText, runProgram } from '../program.js';

interface Printed {
  readonly collections: readonly string[];
  readonly rows: readonly { readonly name: string; readonly figures: readonly number[]; readonly mean: number }[];
}

const program = 'test/recall/heads/main.ts';
const judged = ['scifact', 'cranfield', 'med', 'cacm', 'lisa', 'stackfaq'];
/** Those by which weights of representations were tried: none of the six. */
const tried = ['adi', 'covidfaq', 'time', 'xquad/en'];
const quickCollections = ['adi'];
const texts = ['scifact-text', 'wordnet', 'others'];
const seed = 9;

export const fusion: Part = {
  name: 'fusion',
  title: 'The three representations together',
  text: `nDCG@10 of each representation alone and of the weighted sum that serves, dense + .1 · words in units of the mean of a question's ten best + MaxSim
(\`coordinator/search/question.ts\`), over float16 rows, with the shipped sparse head. Tokens of a question count in MaxSim by the root of their idf
(\`coordinator/search/token-weights.ts\`): decided for the hybrid on the collections of the second table and on SciFact's training questions, before
the six were asked with it, once. With tokens alike is how it was before. The last sum, on that, weighs words by a rule that needs no judgement:
.05 + .6 · (share of the collection's words that the model does not read)². It was chosen on the collections of the second table and on SciFact's
training questions, before any test question of the six of the first was asked, and asked them once: better where it was chosen, it gains less on
the six than the weights that serve, so these stay, for every collection. What was looked at besides, on the same collections: how far
representations agree, the idf of a question's words as the unit, and how well sentences find their own document. None told apart the collections that
words help and those that they harm (\`models/README.md\`).`,
  run: async (context) => {
    const all = context.isQuick ? quickCollections : [...judged, ...tried];
    const cache = await encoded(context, all, []);
    const asked: readonly (readonly [string, readonly string[], string])[] = context.isQuick
      ? [['test', quickCollections, 'Test questions']]
      : [
          ['test', judged, 'Test questions of the six'],
          ['test', tried, 'Test questions of other collections, by which the rule was chosen'],
          ['train', ['scifact'], 'SciFact’s training questions, by which it was chosen too'],
        ];
    const commands = [commandText(encodeArguments(context, all, []))];
    const tables: Table[] = [];
    for (const [split, collections, title] of asked) {
      const args = [
        ...[program, 'fusion', '--json', '--cache', cache, '--data', context.data],
        ...['--split', split, '--collections', collections.join(',')],
      ];
      tables.push(tableOf(`${title}, nDCG@10`, (await runProgram(args, context.progress)) as Printed));
      commands.push(commandText(args));
    }
    return { commands, seeds: {}, tables, plots: [] };
  },
};

export const heads: Part = {
  name: 'heads',
  title: 'Heads trained on text alone',
  text: `The sparse head, which is shipped, and the multi-vector head to 128 dimensions, which is not (\`models/README.md\` says why), trained anew on text
without a question or a judgement, and asked the test questions of six collections. How far the multi-vector head keeps the order of raw rows was
measured before, on passages of the same kinds of text that it was not fitted to: this is what choices were made by.`,
  run: async (context) => {
    if (context.isQuick) throw new LeftOut('heads are trained on no less than half an hour of encoded text');
    const cache = await encoded(context, judged, texts);
    const named = ['--cache', cache, '--data', context.data];
    const train = [program, 'train', ...named, '--seed', String(seed)];
    const heldOut = [program, 'held-out', '--json', ...named];
    const report = [program, 'report', '--json', ...named];
    await runProgram(train, context.progress);
    const kept = (await runProgram(heldOut, context.progress)) as Printed;
    const printed = (await runProgram(report, context.progress)) as Printed;
    return {
      commands: [commandText(encodeArguments(context, judged, texts)), ...[train, heldOut, report].map(commandText)],
      seeds: { heads: seed },
      tables: [
        tableOf('The order of raw rows, a hundred near documents of a passage held out', kept),
        tableOf('nDCG@10, test questions', printed),
      ],
      plots: [],
    };
  },
};

function encodeArguments(
  { cache, data }: PartContext,
  collections: readonly string[],
  sources: readonly string[],
): string[] {
  const folder = join(cache, 'heads');
  const wanted = ['--collections', collections.join(','), '--texts', sources.join(',')];
  return [program, 'encode', '--threads', '2', '--cache', folder, '--data', data, ...wanted];
}

/** The folder of encoded sets, where those of `collections` and `sources` are now. */
async function encoded(
  context: PartContext,
  collections: readonly string[],
  sources: readonly string[],
): Promise<string> {
  for (const name of collections) collectionFolder(context.data, name);
  await runProgram(encodeArguments(context, collections, sources), context.progress);
  return join(context.cache, 'heads');
}

function tableOf(title: string, { collections, rows }: Printed): Table {
  const shown = (name: string, value: number): string => (name.includes('less') ? difference(value) : figure(value));
  return {
    title,
    head: ['', ...collections, 'mean'],
    rows: rows.map(({ name, figures, mean }) => [
      name,
      ...figures.map((value) => shown(name, value)),
      shown(name, mean),
    ]),
  };
}
