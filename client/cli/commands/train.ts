/** `shoal train`: learn the index parameters of a collection from its documents, while it serves. */
import { ShoalError } from '../../../base/errors.js';
import type { TrainingProgress, TrainingResult, TrainOptions } from '../../sdk/types.js';
import { addCommand, usageError, type CommandHost, type Invocation } from '../command.js';
import { integer } from '../flags.js';
import { readJudgedQueries, type JudgedQueries } from '../judged-queries.js';
import { readQueries } from '../queries-file.js';
import type { StepProgress } from '../train-view.js';
import { Option, type Command } from 'commander';

interface TrainFlags {
  readonly method: string;
  readonly dryRun?: true;
  readonly seed?: number;
  readonly secondBits?: number;
  readonly queries?: string;
  readonly qrels?: string;
  readonly cancel?: true;
}

/** Exit code of who was interrupted, as shells have it. */
const interruptedCode = 130;

const secondBitsHelp =
  'bits a dimension of the second code, 1 to 8: fewer take less memory and find less (default: as before, at first 4)';

const queriesHelp =
  'what the collection is asked, for distill-vq: a text a line, or JSON lines with "text" (default: words of its documents); ' +
  'for jpq: JSON lines with "_id" and "text"';

const qrelsHelp =
  'what is relevant to the queries, for jpq: query-id, corpus-id and score between tabs, or as TREC writes it';

export function addTrain(program: Command, host: CommandHost): void {
  addCommand<TrainFlags>(program, host, {
    usage: 'train <name>',
    summary: 'learn the inverted lists of a collection from its documents, so that searches read fewer of them',
    details:
      'A shard node trains on a sample of its own rows, with the lowest priority, and measures the recall on documents that it held\n' +
      'out. What comes within .01 of the target recall, or of what serves, is published: documents are re-encoded in the background ("shoal shards" shows how\n' +
      'many are left), and searches probe as many lists as the target recall of the collection needs. The training goes on\n' +
      'when this command ends before it: the same command shows it again, --cancel ends it, and nothing has changed then. Nodes that die are waited\n' +
      'for or replaced ("shoal status" shows a training that waits); by distill-vq and jpq they go on from what was learned. A dry run ends with the command. It happens by itself: past 10,000 documents by the method rabitq, past 50,000 by structure, and lists that grow\n' +
      'too long later are split without a training; none of it where the collection was made with --auto-train false.\n' +
      'By distill-vq no document moves and no code is rewritten: words, a query adapter and biases of the first scan are learned from the\n' +
      'vectors themselves, for queries like those in --queries; "shoal codebooks NAME --activate VERSION" goes back. By jpq the same is\n' +
      'learned from judged queries, so that what --qrels calls relevant comes earlier; best after distill-vq.',
    examples: [
      'shoal train notes',
      'shoal train notes --dry-run --json',
      'shoal train notes --second-bits 3',
      'shoal train notes --cancel',
      'shoal train notes --method distill-vq --queries queries.txt',
      'shoal train notes --method jpq --queries queries.jsonl --qrels qrels/train.tsv',
      'shoal collections update notes --target-recall 0.98',
    ],
    configure: (command) =>
      command
        .addOption(
          new Option(
            '--method <method>',
            'structure: lists and codes; rabitq: one list of sign codes; split: only lists that are too long; ' +
              'distill-vq: better numbers for the codes that are there; jpq: the same from judged queries',
          ).default('structure'),
        )
        .option('--cancel', 'end the training of the collection that is under way; nothing else is looked at')
        .option('--dry-run', 'train and measure, and publish nothing')
        .option(
          '--seed <number>',
          'of the random numbers, to train the same again (default: another each time, which is shown)',
          integer(0, 4_294_967_295),
        )
        .option('--second-bits <number>', secondBitsHelp, integer(1, 8))
        .option('--queries <file>', queriesHelp)
        .option('--qrels <file>', qrelsHelp),
    run: async (call, args, flags) => {
      const { method, dryRun = false, seed, secondBits } = flags;
      const name = args.text(0);
      if (flags.cancel === true) return cancel(call, name);
      const asked = await askedBy(flags);
      const { createStepProgress, trainingText } = await import('../train-view.js');
      const startMs = call.context.clock.monotonicMs();
      const progress = createStepProgress(call.context, 'train');
      const options = {
        ...{ method, dryRun },
        ...(seed === undefined ? {} : { seed }),
        ...(secondBits === undefined ? {} : { secondBits }),
        ...asked,
      };
      const result = await watched(call, { ...options, name, progress }).finally(() => progress.stop());
      if (result === null) return interruptedCode;
      const seconds = (call.context.clock.monotonicMs() - startMs) / 1000;
      const { from, version, published, reason, codebook } = result;
      const figures = { heldOut: codebook.heldOut, seed: codebook.seed, seconds };
      const json = { collection: name, method, from, version, published, ...figures };
      await call.answer(published ? json : { ...json, reason }, () => trainingText(name, result, seconds));
      return published || dryRun ? 0 : 1;
    },
  });
}

interface Watched extends TrainOptions {
  readonly name: string;
  readonly dryRun: boolean;
  readonly progress: StepProgress;
}

/** The result; null once the command is interrupted. What is not a dry run goes on then, and says so, as it does where the cluster is lost. */
async function watched(call: Invocation, { name, progress, ...options }: Watched): Promise<TrainingResult | null> {
  const goesOn = (when: string): void => {
    if (options.dryRun || call.json) return;
    call.note(`the training goes on${when}: the same command shows it, \`shoal train ${name} --cancel\` ends it`);
  };
  let isBegun = false;
  const onProgress = (at: TrainingProgress): void => {
    isBegun = true;
    progress.update(at);
  };
  return call.withClient(async (client) => {
    const training = client.training.train(name, { ...options, onProgress });
    try {
      const result = await Promise.race([training, call.context.interrupted().then(() => null)]);
      if (result !== null) return result;
    } catch (thrown) {
      const { code } = ShoalError.from(thrown);
      if (isBegun && code === 'UNAVAILABLE') {
        progress.stop();
        // One coordinator may be lost, or all of the cluster: nobody here can tell.
        goesOn(' while the cluster runs, or once it runs again');
      }
      throw thrown;
    }
    // It ends with the client, and nobody waits for it.
    training.catch(() => undefined);
    progress.stop();
    goesOn('');
    return null;
  });
}

async function cancel(call: Invocation, collection: string): Promise<number> {
  const cancelled = await call.withClient((client) => client.training.cancel(collection));
  const text = cancelled
    ? `the training of ${collection} is cancelled`
    : `no training of ${collection} is under way; \`shoal codebooks ${collection}\` shows what was published`;
  await call.answer({ collection, cancelled }, () => text);
  return cancelled ? 0 : 1;
}

/** The queries that are given, with what is relevant to them. */
async function askedBy({ method, queries, qrels }: TrainFlags): Promise<Partial<JudgedQueries>> {
  if ((method === 'jpq') !== (qrels !== undefined))
    throw usageError('--method jpq learns from --qrels, and no other method does; give both');
  if (qrels === undefined) return queries === undefined ? {} : { queries: await readQueries(queries) };
  if (queries === undefined) throw usageError('--qrels judges the queries of a file; give --queries, too');
  return readJudgedQueries(queries, qrels);
}
