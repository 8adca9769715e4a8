/** `shoal scroll`: every document in the order of writing. */
import { once } from 'node:events';
import { addCommand, type CommandHost, type Invocation } from '../command.js';
import { integer } from '../flags.js';
import type { Command } from 'commander';
import type { StoredDocument } from '../../sdk/types.js';

export function addScroll(program: Command, host: CommandHost): void {
  addCommand<{ limit?: number; vectors?: true }>(program, host, {
    usage: 'scroll <name>',
    summary: 'list documents in the order in which they were written',
    examples: ['shoal scroll notes --limit 20', 'shoal scroll notes --json'],
    configure: (command) =>
      command
        .option('--limit <number>', 'stop after this many', integer(1, Number.MAX_SAFE_INTEGER))
        .option('--vectors', 'also the vectors; with --json'),
    run: async (call, args, flags) => {
      const { storedJson } = await import('../documents-view.js');
      const { snippet } = await import('../format.js');
      const { jsonText } = await import('../json.js');
      const width = call.context.stdout.columns ?? 120;
      const line = (document: StoredDocument): string =>
        `${snippet(document.id, Infinity)}  ${snippet(`${document.title ?? ''} ${document.text ?? ''}`, Math.max(24, width - document.id.length - 2))}\n`;
      const head = '{"documents":[';
      await call.withClient(async (client) => {
        let count = 0;
        for await (const document of client.documents.scroll(args.text(0), { withVectors: flags.vectors === true })) {
          const separator = count > 0 ? ',' : head;
          await write(call, call.json ? separator + jsonText(storedJson(document)) : line(document));
          count += 1;
          if (count === flags.limit) break;
        }
        // Nothing is printed before the first document, so that an error leaves no half an object behind.
        if (call.json) await write(call, count > 0 ? ']}\n' : `${head}]}\n`);
      });
    },
  });
}

async function write(call: Invocation, text: string): Promise<void> {
  if (!call.context.stdout.write(text)) await once(call.context.stdout, 'drain');
}
