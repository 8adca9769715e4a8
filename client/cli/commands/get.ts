/** `shoal get`: one document by its id. */
import { counted } from '../../../base/counted.js';
import { addCommand, type CommandHost } from '../command.js';
import { minSequence } from '../flags.js';
import type { Command } from 'commander';
import type { MinSequence } from '../../sdk/types.js';

export function addGet(program: Command, host: CommandHost): void {
  addCommand<{ vectors?: true; minSequence?: MinSequence }>(program, host, {
    usage: 'get <name> <id>',
    summary: 'show one document',
    details: 'An unknown id ends with exit code 1.',
    examples: ['shoal get notes 17', 'shoal get notes 17 --vectors --json'],
    configure: (command) =>
      command
        .option('--vectors', 'also the dense, sparse and token vectors')
        .option('--min-sequence <uid:sequence>', 'wait until this write is visible', minSequence),
    run: async (call, args, flags) => {
      const options = {
        withVectors: flags.vectors === true,
        ...(flags.minSequence === undefined ? {} : { minSequence: flags.minSequence }),
      };
      const document = await call.withClient((client) => client.documents.get(args.text(0), args.text(1), options));
      const { attributesLine, storedJson } = await import('../documents-view.js');
      const { printable } = await import('../format.js');
      await call.answer({ uid: document.uid, ...storedJson(document) }, () => {
        const parts = [`id      ${document.id}`, `docId   ${document.docId}`];
        if (document.title !== undefined) parts.push(`title   ${document.title}`);
        const attributes = attributesLine(document.attributes ?? {});
        if (attributes !== '') parts.push(`with    ${attributes}`);
        if (document.vector !== undefined) parts.push(`vector  ${counted(document.vector.length, 'dimension')}`);
        if (document.sparse !== undefined) parts.push(`sparse  ${counted(document.sparse.termIds.length, 'term')}`);
        if (document.tokens !== undefined) parts.push(`tokens  ${document.tokens.count}`);
        if (document.passages !== undefined) parts.push(`passages ${document.passages.length}`);
        return printable(`${parts.join('\n')}\n\n${document.text ?? ''}`);
      });
    },
  });
}
