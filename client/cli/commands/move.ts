/** `shoal move`: a replica of a shard from one node to another, while it serves. */
import { addCommand, usageError, type CommandHost } from '../command.js';
import type { Command } from 'commander';

interface MoveFlags {
  readonly from: string;
  readonly to: string;
}

export function addMove(program: Command, host: CommandHost): void {
  addCommand<MoveFlags>(program, host, {
    usage: 'move <name> <shard>',
    summary: 'move a replica of a shard from one node to another',
    details: `The new node takes the data from one that has them and hears the log; only when it has all of it does the old one give its replica up.
      Searches and writes go on. When it is broken off, the shard has a replica more, and the same command ends it.`,
    examples: ['shoal move notes 0 --from shard-1 --to shard-3'],
    args: { '<name>': 'the collection', '<shard>': 'its number, as `shoal shards` shows it' },
    configure: (command) =>
      command
        .requiredOption('--from <node>', 'the node that has the replica')
        .requiredOption('--to <node>', 'the node that is to have it'),
    run: async (call, args, { from, to }) => {
      const collection = args.text(0);
      const shard = /^\d{1,9}$/.test(args.text(1)) ? Number(args.text(1)) : null;
      if (shard === null) throw usageError(`'${args.text(1)}' is no shard; give its number, as shoal shards shows it`);
      const nodes = await call.withClient((client) => client.cluster.move({ collection, shard, from, to }));
      await call.answer(
        { collection, shard, nodes },
        () => `shard ${shard} of ${collection} is on ${nodes.join(', ')}`,
      );
    },
  });
}
