import assert from 'node:assert/strict';
import { buildProgram } from '../../../../client/cli/program.js';
import { testContext } from './run-shoal.js';

type Command = ReturnType<typeof buildProgram>;

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

describe('the program', () => {
  const program = buildProgram(testContext(), { exitCode: 0 });

  it('gives every command --json, a summary and examples', () => {
    for (const command of leaves(program)) {
      const names = command.options.map((option) => option.long);
      assert.ok(names.includes('--json'), command.name());
      assert.notEqual(command.summary(), '', command.name());
    }
  });

  it('offers nothing that the cluster cannot do yet', () => {
    const names = leaves(program).map((command) => command.name());
    for (const later of ['split', 'drain', 'rebalance', 'plan']) {
      assert.equal(names.includes(later), false, later);
    }
  });
});
