/** `shoal export`: a collection as JSON lines that `import` reads. */
import { counted } from '../../../base/counted.js';
import { addCommand, usageError, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addExport(program: Command, host: CommandHost): void {
  addCommand<{ vectors?: true }>(program, host, {
    usage: 'export <name> [file]',
    summary: 'write all documents as JSON lines',
    details:
      'Writes to standard output without a file, and compresses where the file ends with .gz. A file appears\n' +
      'whole or not at all. The first line, {"shoal":{…}}, says how the collection was made and which types its attributes have;\n' +
      'importing an export gives the same collection, and with --vectors nothing is encoded again. A collection without a model\n' +
      'always has its vectors written. A document that is there throughout is written exactly once, whatever happens meanwhile.',
    examples: ['shoal export notes notes.jsonl.gz', 'shoal export notes --vectors | wc -l'],
    configure: (command) => command.option('--vectors', 'also the dense, sparse and token vectors'),
    run: async (call, args, flags) => {
      const [name, file] = [args.text(0), args.text(1)];
      if (call.json && file === '') throw usageError('--json needs a file: standard output is for the one JSON object');
      const { exportCollection } = await import('../export-file.js');
      const documents = await call.withClient((client) =>
        exportCollection(client, {
          context: call.context,
          name,
          ...(file === '' ? {} : { file }),
          withVectors: flags.vectors === true,
        }),
      );
      if (file === '') return;
      await call.answer({ collection: name, documents, file }, async () => {
        return `${counted(documents, 'document')} written to ${file}`;
      });
    },
  });
}
