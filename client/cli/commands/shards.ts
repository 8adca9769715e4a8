/** `shoal shards`: the shards of a collection and where their replicas are. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addShards(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'shards <name>',
    summary: 'show the shards of a collection, their replicas and how far behind they are',
    examples: ['shoal shards notes', 'shoal shards notes --json'],
    run: async (call, args) => {
      const shards = await call.withClient((client) => client.cluster.shards(args.text(0)));
      await call.answer({ shards }, async () => {
        const { colours } = await import('../format.js');
        const { shardsTable } = await import('../cluster-view.js');
        return shardsTable(shards, colours(call.context));
      });
    },
  });
}
