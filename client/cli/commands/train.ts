/** `shoal train`: learn the index parameters of a collection from its documents, while it serves. */
import { addCommand, type CommandHost } from '../command.js';
import { integer } from '../flags.js';
import { Option, type Command } from 'commander';

interface TrainFlags {
  readonly method: string;
  readonly dryRun?: true;
  readonly seed?: number;
}

export function addTrain(program: Command, host: CommandHost): void {
  addCommand<TrainFlags>(program, host, {
    usage: 'train <name>',
    summary: 'learn the inverted lists of a collection from its documents, so that searches read fewer of them',
    details:
      'A shard node trains on a sample of its own rows, with the lowest priority, and measures the recall on documents that it held\n' +
      'out. What reaches the target recall, or is no worse than what serves, is published: documents are re-encoded in the background ("shoal shards" shows how\n' +
      'many are left), and searches probe as many lists as the target recall of the collection needs. An interrupted training\n' +
      'changes nothing. It happens by itself: past 10,000 documents by the method rabitq, past 50,000 by structure, and lists that grow\n' +
      'too long later are split without a training; none of it where the collection was made with --auto-train false.',
    examples: [
      'shoal train notes',
      'shoal train notes --dry-run --json',
      'shoal collections update notes --target-recall 0.98',
    ],
    configure: (command) =>
      command
        .addOption(
          new Option(
            '--method <method>',
            'structure: lists and codes; rabitq: one list of sign codes; split: only lists that are too long',
          )
            .choices(['structure', 'rabitq', 'split'])
            .default('structure'),
        )
        .option('--dry-run', 'train and measure, and publish nothing')
        .option('--seed <number>', 'of the random numbers, to train the same again', integer(0, 4_294_967_295)),
    run: async (call, args, { method, dryRun = false, seed }) => {
      const name = args.text(0);
      const { createStepProgress, trainingText } = await import('../train-view.js');
      const startMs = call.context.clock.monotonicMs();
      const progress = createStepProgress(call.context, 'train');
      const options = { method, dryRun, ...(seed === undefined ? {} : { seed }) };
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
