/** `shoal bench`: the benchmarks of a checkout, by the name under which `npm run bench` knows them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ShoalError } from '../../../base/errors.js';
import { addCommand, type CommandHost } from '../command.js';
import { packageRoot } from '../package-root.js';
import type { Command } from 'commander';

export function addBench(program: Command, host: CommandHost): void {
  addCommand<Record<string, never>>(program, host, {
    usage: 'bench [arguments...]',
    summary: 'run a benchmark of the checkout; without a name, list them',
    examples: ['shoal bench', 'shoal bench maxsim --smoke', 'shoal bench encoder --json'],
    remote: false,
    configure: (command) => command.allowUnknownOption().passThroughOptions(false),
    run: async (call, args) => {
      const main = join(packageRoot(), 'test', 'bench', 'main.ts');
      if (!existsSync(main)) {
        throw new ShoalError(
          'FAILED_PRECONDITION',
          'benchmarks are part of a checkout only; clone the repository to run them',
        );
      }
      const words = [...args.list(0), ...(call.json ? ['--json'] : [])];
      const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], {
        stdio: 'inherit',
        cwd: packageRoot(),
      });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      return signal === null ? (code ?? 1) : 1;
    },
  });
}
