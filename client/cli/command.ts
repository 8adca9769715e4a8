/** What all commands have in common: --address, --json, help with examples, a client that is closed, an answer in two forms. */
import { Command, CommanderError } from 'commander';
import { jsonText } from './json.js';
import type { CliContext } from './context.js';
import type { ShoalClient } from '../sdk/connect.js';

/** Where a run's exit code ends up. */
export interface Outcome {
  exitCode: number;
}

/** The parts that every command file gets to hang itself into the program. */
export interface CommandHost {
  readonly context: CliContext;
  readonly outcome: Outcome;
}

export interface CommandSpec<Options> {
  /** Name and arguments in commander's spelling: "get <name> <id>". */
  readonly usage: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: string;
  readonly examples: readonly string[];
  /** What an argument means, by its spelling in `usage`. */
  readonly args?: Readonly<Record<string, string>>;
  /** False for commands that talk to no cluster: they take no --address. */
  readonly remote?: boolean;
  readonly configure?: (command: Command) => void;
  /** Does the work; a number is the exit code. `args` are the positional ones, in order. */
  readonly run: (call: Invocation, args: CommandArguments, options: Options) => Promise<number | void>;
}

export interface CommonOptions {
  readonly address: string;
  readonly json?: true;
}

/** Positional arguments by index. */
export interface CommandArguments {
  /** The argument at `index`; "" when an optional one is absent. */
  text(index: number): string;
  /** The words of a variadic argument. */
  list(index: number): readonly string[];
}

/** One call of a command. */
export interface Invocation {
  readonly context: CliContext;
  readonly json: boolean;
  readonly address: string;
  /** A client of the cluster for the time of `use`. */
  withClient<T>(use: (client: ShoalClient) => Promise<T>): Promise<T>;
  /** Prints `object` as JSON, or what `human` makes for people. */
  answer(object: unknown, human: () => string | Promise<string>): Promise<void>;
  /** A line on standard error. */
  note(line: string): void;
}

/** A program without commands: errors are thrown, never printed, and nothing exits the process. */
export function newProgram(name: string, context: CliContext): Command {
  return new Command(name).exitOverride().configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: () => undefined,
    outputError: () => undefined,
    getOutHelpWidth: () => context.stdout.columns ?? 100,
  });
}

/** Adds a command to `parent`. */
export function addCommand<Options>(parent: Command, host: CommandHost, spec: CommandSpec<Options>): void {
  const [name = '', ...words] = spec.usage.split(' ');
  const command = parent.command(name).summary(spec.summary);
  for (const word of words) command.argument(word, spec.args?.[word] ?? '');
  command.description(
    spec.details === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.details.replaceAll('\n', ' ')}`,
  );
  spec.configure?.(command);
  if (spec.remote !== false) {
    const fallback = host.context.env['SHOAL_ADDRESS'] ?? 'localhost:7420';
    command.option('--address <host:port>', 'a coordinator of the cluster (env SHOAL_ADDRESS)', fallback);
  }
  command.option('--json', 'print one JSON object on standard output and nothing else there');
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ ${example}`).join('\n')}\n`);
  command.action(async (...values: unknown[]) => {
    const common = command.opts<CommonOptions>();
    const args = argumentsOf(values.slice(0, -2));
    const exitCode = await spec.run(invocation(host.context, common), args, command.opts<Options & CommonOptions>());
    host.outcome.exitCode = exitCode ?? 0;
  });
}

/** Ends the command as wrong usage (exit code 2). */
export function usageError(message: string): CommanderError {
  return new CommanderError(2, 'shoal.usage', message);
}

function argumentsOf(values: readonly unknown[]): CommandArguments {
  return {
    text: (index) => (typeof values[index] === 'string' ? values[index] : ''),
    list: (index) => (Array.isArray(values[index]) ? values[index].map(String) : []),
  };
}

function invocation(context: CliContext, options: CommonOptions): Invocation {
  const json = options.json === true;
  return {
    context,
    json,
    address: options.address,
    async withClient(use) {
      const { connect } = await import('../sdk/connect.js');
      if (!/^[^\s/]+:\d{1,5}$/.test(options.address)) {
        throw usageError(`${JSON.stringify(options.address)} is no address; give HOST:PORT, such as localhost:7420`);
      }
      const client = connect({ address: options.address, clock: context.clock });
      try {
        return await use(client);
      } finally {
        await client.close();
      }
    },
    async answer(object, human) {
      const text = json ? jsonText(object) : await human();
      context.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
    },
    note: (line) => void context.stderr.write(`${line}\n`),
  };
}
