/** `shoal verify`: every checksum of a data folder, offline. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addVerify(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'verify <dir>',
    summary: 'read every checksum of a data folder, without a cluster',
    details: 'Finds every index below the folder. Names each damaged file and block, and then ends with exit code 1.',
    examples: ['shoal verify ./shoal-data'],
    remote: false,
    run: async (call, args) => {
      const directory = args.text(0);
      const { ShoalError } = await import('../../../base/errors.js');
      const { verifyBelow } = await import('../../../shard-node/verify.js');
      const problems: string[] = [];
      let indexes = 0;
      try {
        for await (const index of verifyBelow(directory)) {
          indexes += 1;
          problems.push(...index.problems);
        }
      } catch (error) {
        if (!(error instanceof Error) || !('syscall' in error)) throw error;
        throw new ShoalError('NOT_FOUND', `cannot read ${directory}: ${error.message}`, { cause: error });
      }
      if (indexes === 0) {
        throw new ShoalError(
          'NOT_FOUND',
          `there is no index below ${directory}; give the folder of \`shoal dev --data\``,
        );
      }
      await call.answer({ directory, indexes, problems }, async () => {
        const { counted } = await import('../format.js');
        const verdict = problems.length === 0 ? 'all checksums match' : counted(problems.length, 'problem');
        return [...problems, `${counted(indexes, 'index', 'indexes')}: ${verdict}`].join('\n');
      });
      return problems.length === 0 ? 0 : 1;
    },
  });
}
