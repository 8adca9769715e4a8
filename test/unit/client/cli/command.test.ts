import assert from 'node:assert/strict';
import { addCommand, newProgram, usageError, type CommandSpec } from '../../../../client/cli/command.js';
import { testContext } from './run-shoal.js';

function run(spec: Partial<CommandSpec<{ flag?: true }>>, words: string[], env: Record<string, string> = {}) {
  const context = testContext({ env });
  const outcome = { exitCode: 0 };
  const program = newProgram('test', context);
  addCommand<{ flag?: true }>(
    program,
    { context, outcome },
    {
      usage: 'do <one> [many...]',
      summary: 'do it',
      examples: ['test do 1'],
      configure: (command) => command.option('--flag', 'a flag'),
      run: async () => undefined,
      ...spec,
    },
  );
  return program.parseAsync(words, { from: 'user' }).then(() => ({ outcome, written: context.written() }));
}

describe('a command', () => {
  it('gets its arguments and options, and its number becomes the exit code', async () => {
    const { outcome, written } = await run(
      {
        run: async (call, args, options) => {
          await call.answer(
            { one: args.text(0), many: args.list(1), none: args.text(5), flag: options.flag },
            () => 'text',
          );
          return 1;
        },
      },
      ['do', 'a', 'b', 'c', '--flag', '--json'],
    );
    assert.equal(outcome.exitCode, 1);
    assert.equal(written.stdout, '{"one":"a","many":["b","c"],"none":"","flag":true}\n');
  });

  it('takes its address from the option, else from the environment', async () => {
    const seen: string[] = [];
    const spec = { run: async (call: { address: string }) => void seen.push(call.address) };
    await run(spec, ['do', 'a', '--address', 'h:2'], { SHOAL_ADDRESS: 'h:1' });
    await run(spec, ['do', 'a'], { SHOAL_ADDRESS: 'h:1' });
    await run(spec, ['do', 'a']);
    assert.deepEqual(seen, ['h:2', 'h:1', 'localhost:7420']);
  });

  it('that talks to no cluster has no --address', async () => {
    await assert.rejects(run({ remote: false }, ['do', 'a', '--address', 'h:1']), { code: 'commander.unknownOption' });
  });

  it('can end as wrong usage', () => {
    assert.equal(usageError('no').exitCode, 2);
  });
});
