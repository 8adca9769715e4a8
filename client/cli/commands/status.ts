/** `shoal status`: is the cluster well, who is there, what is wrong and what to do. */
import { addCommand, usageError, type CommandHost } from '../command.js';
import { sleep } from '../../../base/clock.js';
import type { Command } from 'commander';

/** Milliseconds between two looks of --watch. */
const watchMs = 2_000;

export function addStatus(program: Command, host: CommandHost): void {
  addCommand<{ watch?: true }>(program, host, {
    usage: 'status',
    summary: 'show whether the cluster is well, and what to do where it is not',
    examples: ['shoal status', 'shoal status --watch', 'shoal status --json'],
    configure: (command) => command.option('--watch', 'look again every two seconds until interrupted'),
    run: async (call, _args, flags) => {
      if (call.json && flags.watch === true)
        throw usageError('--json prints one object, so it does not go with --watch');
      await call.withClient(async (client) => {
        const state = { interrupted: false };
        const stop = new AbortController();
        if (flags.watch === true) {
          void call.context.interrupted().then(() => {
            state.interrupted = true;
            stop.abort();
          });
        }
        for (;;) {
          const status = await client.cluster.status();
          const { healthy, nodes, collections, problems, version } = status;
          await call.answer({ healthy, nodes, collections, problems, version }, async () => {
            const { colours } = await import('../format.js');
            const { statusText } = await import('../cluster-view.js');
            const clear = flags.watch === true && call.context.stdout.isTTY === true ? '\x1b[2J\x1b[H' : '';
            return clear + statusText(status, colours(call.context));
          });
          if (flags.watch !== true) return;
          await sleep(call.context.clock, watchMs, stop.signal);
          if (state.interrupted) return;
        }
      });
    },
  });
}
