/** `shoal shards`: the shards of a collection and where their replicas are. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addShards(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'shards <name>',
    summary: 'show the shards of a collection, their replicas, how far behind they are, and what is wrong with them',
    examples: ['shoal shards notes', 'shoal shards notes --json'],
    run: async (call, args) => {
      const { shards, problems } = await call.withClient((client) => client.cluster.shards(args.text(0)));
      await call.answer({ shards, problems }, async () => {
        const { colours } = await import('../format.js');
        const { shardsTable, withProblems } = await import('../cluster-view.js');
        const paint = colours(call.context);
        return withProblems(shardsTable(shards, paint), problems, paint);
      });
    },
  });
}
