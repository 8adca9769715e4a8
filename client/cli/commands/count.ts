/** `shoal count`: how many documents a collection has, or how many match a filter. */
import { addCommand, type CommandHost } from '../command.js';
import { minSequence } from '../flags.js';
import type { Command } from 'commander';
import type { FilterOptions } from '../../sdk/documents.js';

export function addCount(program: Command, host: CommandHost): void {
  addCommand<FilterOptions>(program, host, {
    usage: 'count <name>',
    summary: 'count the documents of a collection',
    examples: ['shoal count notes', `shoal count papers --filter 'year >= 1990 && "news" in tags'`],
    configure: (command) =>
      command
        .option('--filter <expr>', 'CEL over attributes: only documents that match')
        .option('--min-sequence <uid:sequence>', 'wait until this write is visible', minSequence),
    run: async (call, args, { filter, minSequence: written }) => {
      const options = {
        ...(filter === undefined ? {} : { filter }),
        ...(written === undefined ? {} : { minSequence: written }),
      };
      const { documents, uid } = await call.withClient((client) => client.documents.count(args.text(0), options));
      await call.answer({ documents, uid }, () => String(documents));
    },
  });
}
