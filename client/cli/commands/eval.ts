/** `shoal eval`: how good and how fast a collection answers judged queries. */
import { counted } from '../../../base/counted.js';
import { writeFile } from 'node:fs/promises';
import { limits } from '../../../base/limits.js';
import { addCommand, usageError, type CommandHost, type Invocation } from '../command.js';
import { integer } from '../flags.js';
import { Option, type Command } from 'commander';
import type { ShoalClient } from '../../sdk/connect.js';
import type { SearchMode } from '../../sdk/types.js';
import type { Evaluation } from '../eval/evaluate.js';

interface EvalFlags {
  readonly split: string;
  readonly mode: SearchMode | 'all';
  readonly embedded?: true;
  readonly train?: string;
  readonly seed: number;
  readonly tokenPooling?: number;
  readonly run?: string;
}

const allModes: readonly SearchMode[] = ['dense', 'sparse', 'multi', 'hybrid'];

export function addEval(program: Command, host: CommandHost): void {
  addCommand<EvalFlags>(program, host, {
    usage: 'eval <name> <beir-dir>',
    summary: 'measure nDCG@10, R@100, MRR@10 and latency on judged queries',
    details:
      "Asks the queries of a BEIR directory that have judgements, 100 hits each, one at a time. Latency is the cluster's own time\n" +
      'without encoding. With --embedded a temporary cluster is started, filled, measured and removed; without it the collection\n' +
      'must hold the corpus already (shoal import NAME DIR). With --train the collection is trained first, as "shoal train" does.',
    examples: [
      'shoal eval scifact data/scifact --embedded',
      'shoal eval scifact data/scifact --embedded --train structure',
      'shoal eval scifact data/scifact --mode all',
      'shoal eval scifact data/scifact --run scifact.trec --json',
    ],
    configure: (command) =>
      command
        .option('--split <name>', 'judgements in qrels/NAME.tsv', 'test')
        .addOption(
          new Option('--mode <mode>', 'search mode; all = one after the other')
            .choices(['hybrid', 'dense', 'sparse', 'multi', 'all'])
            .default('hybrid'),
        )
        .option('--embedded', 'use a temporary cluster in this process')
        .option(
          '--train <methods>',
          'train first: structure, rabitq or distill-vq; several one after the other, comma-separated',
        )
        .option('--seed <number>', 'of the random numbers of --train', integer(0, 4_294_967_295), 1)
        .option(
          '--token-pooling <number>',
          'with --embedded: one token row for about so many tokens',
          integer(1, limits.tokenPoolingMax),
        )
        .option('--run <file>', 'write the answers as a TREC run'),
    run: async (call, args, flags) => {
      const task = { name: args.text(0), directory: args.text(1), flags };
      if (flags.embedded !== true && flags.tokenPooling !== undefined)
        throw usageError('--token-pooling is of a collection that is made: give it with --embedded');
      if (flags.embedded !== true) return call.withClient((client) => evaluateAll(call, client, task));
      const { withTemporaryCluster } = await import('../eval/temporary-cluster.js');
      return withTemporaryCluster(call.context, (client) => evaluateAll(call, client, task));
    },
  });
}

interface EvalTask {
  readonly name: string;
  readonly directory: string;
  readonly flags: EvalFlags;
}

async function evaluateAll(call: Invocation, client: ShoalClient, task: EvalTask): Promise<void> {
  const { readBeirQuestions } = await import('../eval/beir.js');
  const { evaluate, trecRun } = await import('../eval/evaluate.js');
  const { anonymousBytes } = await import('../eval/memory.js');
  const { createProgress } = await import('../progress.js');
  const questions = await readBeirQuestions(task.directory, task.flags.split);
  const importSeconds = task.flags.embedded === true ? await importCorpus(call, client, task) : null;
  if (task.flags.train !== undefined) await train(call, client, { ...task, methods: task.flags.train.split(',') });
  const { documents } = await client.documents.count(task.name);
  const { diskBytes } = await client.cluster.flush(task.name);
  const evaluations: Evaluation[] = [];
  for (const mode of task.flags.mode === 'all' ? allModes : [task.flags.mode]) {
    const bar = createProgress(call.context, `${task.name} ${mode}`, questions.queries.size);
    try {
      const onProgress = (done: number): void => bar.update(done, done);
      evaluations.push(await evaluate(client, { collection: task.name, mode, questions, onProgress }));
    } finally {
      bar.stop();
    }
  }
  if (task.flags.run !== undefined) await writeFile(task.flags.run, evaluations.map(trecRun).join(''));
  const memory = task.flags.embedded === true ? await anonymousBytes() : null;
  const rows = evaluations.map((evaluation) => ({
    collection: task.name,
    documents,
    queries: evaluation.queries,
    mode: evaluation.mode,
    'ndcg@10': evaluation.ndcgAt10,
    'recall@100': evaluation.recallAt100,
    'mrr@10': evaluation.mrrAt10,
    latency: evaluation.latency,
    bytes: { memory, disk: diskBytes },
    importSeconds,
  }));
  await call.answer(task.flags.mode === 'all' ? { modes: rows } : rows[0], () => evalText(call, rows));
}

interface EvalRow {
  readonly documents: number;
  readonly queries: number;
  readonly mode: string;
  readonly 'ndcg@10': number;
  readonly 'recall@100': number;
  readonly 'mrr@10': number;
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number };
  readonly bytes: { readonly memory: number | null; readonly disk: number };
  readonly importSeconds: number | null;
}

async function train(
  call: Invocation,
  client: ShoalClient,
  { name, flags: { seed }, methods }: EvalTask & { readonly methods: readonly string[] },
): Promise<void> {
  const { trainAll } = await import('../eval/train-all.js');
  const { createStepProgress } = await import('../train-view.js');
  const { context } = call;
  const progress = createStepProgress(context, 'train');
  const onProgress = progress.update.bind(progress);
  const options = { collection: name, methods, seed, clock: context.clock, onProgress };
  await trainAll(client, options).finally(() => progress.stop());
}

async function importCorpus(call: Invocation, client: ShoalClient, task: EvalTask): Promise<number> {
  const { importPaths } = await import('../import/import-paths.js');
  const { tokenPooling } = task.flags;
  const collection = await client.collections.create(task.name, tokenPooling === undefined ? {} : { tokenPooling });
  const startMs = call.context.clock.monotonicMs();
  await importPaths({
    client,
    context: call.context,
    collection: async () => collection,
    paths: [task.directory],
    vectors: null,
    onReject: ({ place, why }) => call.note(`${place}: ${why}`),
  });
  return (call.context.clock.monotonicMs() - startMs) / 1000;
}

async function evalText(call: Invocation, rows: readonly EvalRow[]): Promise<string> {
  const { byteSize, colours, table } = await import('../format.js');
  const cells = rows.map((row) => [
    row.mode,
    row['ndcg@10'].toFixed(4),
    row['recall@100'].toFixed(4),
    row['mrr@10'].toFixed(4),
    row.latency.p50Ms.toFixed(2),
    row.latency.p99Ms.toFixed(2),
  ]);
  const head = ['mode', 'nDCG@10', 'R@100', 'MRR@10', 'p50 ms', 'p99 ms'];
  const [first] = rows;
  if (first === undefined) return '';
  const facts = [
    `${counted(first.documents, 'document')}, ${counted(first.queries, 'query', 'queries')}`,
    `${byteSize(first.bytes.disk)} on disk`,
  ];
  if (first.bytes.memory !== null) facts.push(`${byteSize(first.bytes.memory)} of memory`);
  if (first.importSeconds !== null) facts.push(`imported in ${first.importSeconds.toFixed(1)} s`);
  return `${table(head, cells, colours(call.context))}\n\n${facts.join(', ')}`;
}
