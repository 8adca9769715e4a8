/** `shoal train`: learn the index parameters of a collection from its documents, while it serves. */
import { addCommand, type CommandHost } from '../command.js';
import { integer } from '../flags.js';
import { readQueries } from '../queries-file.js';
import { Option, type Command } from 'commander';

interface TrainFlags {
  readonly method: string;
  readonly dryRun?: true;
  readonly seed?: number;
  readonly secondBits?: number;
  readonly queries?: string;
}

const secondBitsHelp =
  'bits a dimension of the second code, 1 to 8: fewer take less memory and find less (default: as before, at first 4)';

const queriesHelp =
  'what the collection is asked, for distill-vq: a text a line, or JSON lines with "text" (default: words of its documents)';

export function addTrain(program: Command, host: CommandHost): void {
  addCommand<TrainFlags>(program, host, {
    usage: 'train <name>',
    summary: 'learn the inverted lists of a collection from its documents, so that searches read fewer of them',
    details:
      'A shard node trains on a sample of its own rows, with the lowest priority, and measures the recall on documents that it held\n' +
      'out. What comes within .01 of the target recall, or of what serves, is published: documents are re-encoded in the background ("shoal shards" shows how\n' +
      'many are left), and searches probe as many lists as the target recall of the collection needs. An interrupted training\n' +
      'changes nothing. It happens by itself: past 10,000 documents by the method rabitq, past 50,000 by structure, and lists that grow\n' +
      'too long later are split without a training; none of it where the collection was made with --auto-train false.\n' +
      'By distill-vq no document moves and no code is rewritten: words, a query adapter and biases of the first scan are learned from the\n' +
      'vectors themselves, for queries like those in --queries; "shoal codebooks NAME --activate VERSION" goes back.',
    examples: [
      'shoal train notes',
      'shoal train notes --dry-run --json',
      'shoal train notes --second-bits 3',
      'shoal train notes --method distill-vq --queries queries.txt',
      'shoal collections update notes --target-recall 0.98',
    ],
    configure: (command) =>
      command
        .addOption(
          new Option(
            '--method <method>',
            'structure: lists and codes; rabitq: one list of sign codes; split: only lists that are too long; ' +
              'distill-vq: better numbers for the codes that are there',
          )
            .choices(['structure', 'rabitq', 'split', 'distill-vq'])
            .default('structure'),
        )
        .option('--dry-run', 'train and measure, and publish nothing')
        .option('--seed <number>', 'of the random numbers, to train the same again', integer(0, 4_294_967_295))
        .option('--second-bits <number>', secondBitsHelp, integer(1, 8))
        .option('--queries <file>', queriesHelp),
    run: async (call, args, { method, dryRun = false, seed, secondBits, queries }) => {
      const name = args.text(0);
      const texts = queries === undefined ? [] : await readQueries(queries);
      const { createStepProgress, trainingText } = await import('../train-view.js');
      const startMs = call.context.clock.monotonicMs();
      const progress = createStepProgress(call.context, 'train');
      const options = {
        ...{ method, dryRun },
        ...(seed === undefined ? {} : { seed }),
        ...(secondBits === undefined ? {} : { secondBits }),
        ...(texts.length === 0 ? {} : { queries: texts }),
      };
      const result = await call
        .withClient((client) => client.training.train(name, { ...options, onProgress: (at) => progress.update(at) }))
        .finally(() => progress.stop());
      const seconds = (call.context.clock.monotonicMs() - startMs) / 1000;
      const { from, version, published, reason, codebook } = result;
      const { heldOut } = codebook;
      const json = { collection: name, method, from, version, published, heldOut, seconds };
      await call.answer(published ? json : { ...json, reason }, () => trainingText(name, result, seconds));
      return published || dryRun ? 0 : 1;
    },
  });
}
