/** `shoal verify`: every checksum of a data folder or of a backup, offline. */
import { addCommand, type CommandHost, type Invocation } from '../command.js';
import type { Command } from 'commander';

export function addVerify(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'verify <dir>',
    summary: 'read every checksum of a data folder or a backup, without a cluster',
    details: 'Finds every index below the folder. Names each damaged file and block, and then ends with exit code 1.',
    examples: ['shoal verify ./shoal-data', 'shoal verify ./backups/notes-monday'],
    remote: false,
    run: async (call, args) => {
      const directory = args.text(0);
      const { isArchive } = await import('../backup/archive-folder.js');
      if (await isArchive(directory)) return verifyArchive(call, directory);
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

async function verifyArchive(call: Invocation, directory: string): Promise<number> {
  const { checkArchive } = await import('../backup/archive-folder.js');
  const { manifest, problems: found } = await checkArchive(directory);
  const problems = found.map(({ message }) => message);
  const { collection, cut: sequence, members } = manifest;
  await call.answer({ directory, collection, sequence, members: members.length, problems }, async () => {
    const { counted } = await import('../format.js');
    const verdict = problems.length === 0 ? 'all checksums match' : counted(problems.length, 'problem');
    return [...problems, `backup of ${collection}, ${counted(members.length, 'file')}: ${verdict}`].join('\n');
  });
  return problems.length === 0 ? 0 : 1;
}
