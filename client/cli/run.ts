/** One run of the command line: parse, act, and say on standard error what went wrong. */
import { CommanderError } from 'commander';
import { ShoalError } from '../../base/errors.js';
import { buildProgram } from './program.js';
import { jsonText } from './json.js';
import type { CliContext } from './context.js';

/** Exit codes of every command. */
export const exitCodes = { done: 0, refused: 1, usage: 2 } as const;

/** Runs `args` and gives the exit code: 0 = done, 1 = the cluster said no, 2 = wrong usage. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const outcome = { exitCode: exitCodes.done as number };
  const program = buildProgram(context, outcome);
  try {
    if (args.length === 0) {
      context.stderr.write(program.helpInformation());
      return exitCodes.usage;
    }
    await program.parseAsync([...args], { from: 'user' });
    return outcome.exitCode;
  } catch (thrown) {
    return reportFailure(thrown, args, context);
  }
}

function reportFailure(thrown: unknown, args: readonly string[], context: CliContext): number {
  const json = args.includes('--json');
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return exitCodes.done;
    const message = thrown.code === 'commander.help' ? 'a command is missing' : withoutPrefix(thrown.message);
    if (json) context.stderr.write(jsonText({ error: { code: 'INVALID_ARGUMENT', message } }) + '\n');
    else context.stderr.write(`error: ${message}\n\n${hint(thrown.code, args)}\n`);
    return exitCodes.usage;
  }
  const error = ShoalError.from(thrown);
  if (json) context.stderr.write(jsonText({ error: { code: error.code, message: error.message } }) + '\n');
  else context.stderr.write(`error: ${error.message}\n`);
  if (error.code === 'INTERNAL' && context.env['SHOAL_DEBUG'] !== undefined) context.stderr.write(`${error.stack}\n`);
  return exitCodes.refused;
}

function withoutPrefix(message: string): string {
  return message.replace(/^error: /, '').trimEnd();
}

function hint(code: string, args: readonly string[]): string {
  if (code === 'commander.unknownCommand') return 'see: shoal --help';
  const words = args.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
  const command = words[0] === 'collections' || words[0] === 'models' ? words.slice(0, 2) : words.slice(0, 1);
  return `see: shoal ${[...command, '--help'].join(' ')}`;
}
