/** `shoal codebooks`: the trained versions of a collection, and which one serves. */
import { addCommand, type CommandHost } from '../command.js';
import { integer } from '../flags.js';
import type { Command } from 'commander';

export function addCodebooks(program: Command, host: CommandHost): void {
  addCommand<{ activate?: number }>(program, host, {
    usage: 'codebooks <name>',
    summary: 'show the trained versions of a collection, where they come from, and which one serves',
    details:
      'A version serves with the structure that it was trained with: parameters that were learned for its codes, or with the version\n' +
      'of the structure itself none. Training a new structure gives the documents other inverted lists, so that versions of older\n' +
      'structures stay in the list for the record, but cannot be activated again. Recall is recall@10 on held-out queries, of distill-vq\n' +
      'by first codes alone.',
    examples: ['shoal codebooks notes', 'shoal codebooks notes --json', 'shoal codebooks notes --activate 3'],
    configure: (command) => command.option('--activate <version>', 'let this version serve', integer(1, 4_294_967_295)),
    run: async (call, args, { activate }) => {
      const name = args.text(0);
      const list = await call.withClient(async (client) => {
        if (activate !== undefined) await client.training.activate(name, activate);
        return client.training.codebooks(name);
      });
      await call.answer(list, async () => {
        const { codebooksTable } = await import('../train-view.js');
        const { colours } = await import('../format.js');
        return codebooksTable(list, colours(call.context));
      });
    },
  });
}
