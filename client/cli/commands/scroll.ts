/** `shoal scroll`: every document, or every one that matches, in the order of ids. */
import { once } from 'node:events';
import { addCommand, type CommandHost, type Invocation } from '../command.js';
import { integer, minSequence } from '../flags.js';
import type { Command } from 'commander';
import type { ScrollOptions } from '../../sdk/documents.js';
import type { MinSequence, StoredDocument } from '../../sdk/types.js';

interface ScrollFlags {
  readonly limit?: number;
  readonly vectors?: true;
  readonly filter?: string;
  readonly after?: string;
  readonly minSequence?: MinSequence;
}

export function addScroll(program: Command, host: CommandHost): void {
  addCommand<ScrollFlags>(program, host, {
    usage: 'scroll <name>',
    summary: 'list documents in the order of their ids',
    details: 'A document that is there throughout is met exactly once, whatever is written meanwhile.',
    examples: [
      'shoal scroll notes --limit 20',
      `shoal scroll papers --filter 'year >= 1990' --json`,
      'shoal scroll notes --after 17 --limit 20',
    ],
    configure: (command) =>
      command
        .option('--limit <number>', 'stop after this many', integer(1, Number.MAX_SAFE_INTEGER))
        .option('--filter <expr>', 'CEL over attributes: only documents that match')
        .option('--after <id>', 'begin after this id')
        .option('--min-sequence <uid:sequence>', 'wait until this write is visible', minSequence)
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
        for await (const document of client.documents.scroll(args.text(0), scrollOptions(flags))) {
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

function scrollOptions({ vectors, filter, after, minSequence: written }: ScrollFlags): ScrollOptions {
  return {
    withVectors: vectors === true,
    ...(filter === undefined ? {} : { filter }),
    ...(after === undefined ? {} : { afterId: after }),
    ...(written === undefined ? {} : { minSequence: written }),
  };
}

async function write(call: Invocation, text: string): Promise<void> {
  if (!call.context.stdout.write(text)) await once(call.context.stdout, 'drain');
}
