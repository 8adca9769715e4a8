/** `shoal set`: attributes of one document, without encoding it again. */
import { addCommand, usageError, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addSet(program: Command, host: CommandHost): void {
  addCommand<{ remove?: string[] }>(program, host, {
    usage: 'set <name> <id> [assignments...]',
    args: { '[assignments...]': 'key=value, typed as the collection has the attribute; lists as JSON' },
    summary: 'change attributes of a document',
    details:
      'Text and vectors stay as they are, and nothing is encoded again. A value has the type that the collection knows of the\n' +
      'attribute. Of an attribute that is new, true and false are bool, numbers double, JSON lists are lists, and all else is text;\n' +
      'what looks like null or like an object is refused.',
    examples: [
      'shoal set papers 17 year=1994 title_checked=true',
      `shoal set papers 17 'tags=["wing","slipstream"]' --remove draft`,
    ],
    configure: (command) =>
      command.option(
        '--remove <key>',
        'take the attribute away; may be given several times',
        (key, keys: string[] = []) => [...keys, key],
      ),
    run: async (call, args, { remove = [] }) => {
      const [name, id, words] = [args.text(0), args.text(1), args.list(2)];
      if (words.length === 0 && remove.length === 0)
        throw usageError('there is nothing to change; give key=value or --remove KEY');
      const { parseAssignments } = await import('../assignments.js');
      const result = await call.withClient(async (client) => {
        const { attributes } = await client.collections.describe(name);
        return client.documents.set(name, id, parseAssignments(words, attributes, remove), remove);
      });
      const { docId, sequence, uid } = result;
      await call.answer({ id, docId, sequence, uid }, () => `${id} is now version ${docId}`);
    },
  });
}
