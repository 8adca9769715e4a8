/** Entry of the `shoal` command: arguments in, exit code out. */
import { processContext } from './context.js';
import { runCli } from './run.js';

/** Runs the command line `args` (without node and script) and sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const context = processContext();
  // A reader such as `head` that has seen enough is no error.
  context.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.exitCode = await runCli(args, context);
}
