/** `shoal count`: how many documents a collection has. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addCount(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'count <name>',
    summary: 'count the documents of a collection',
    examples: ['shoal count notes'],
    run: async (call, args) => {
      const { documents, uid } = await call.withClient((client) => client.documents.count(args.text(0)));
      await call.answer({ documents, uid }, () => String(documents));
    },
  });
}
