/** `shoal verify`: every checksum of a data folder or of a backup, offline. */
import { counted } from '../../../base/counted.js';
import { join, relative, resolve } from 'node:path';
import { addCommand, type CommandHost, type Invocation } from '../command.js';
import type { Command } from 'commander';

interface Part {
  /** Path below the folder; of an index or a directory partition, its own folder. */
  readonly file: string;
  readonly kind: string;
  readonly problems: readonly string[];
}

export function addVerify(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'verify <dir>',
    summary: 'read every checksum of a data folder or a backup, without a cluster',
    details:
      'Reads registry, log, objects, directory partitions and indexes below the folder, which no cluster may be using. Names each\n' +
      'file that is damaged, or that the registry speaks of and that is missing, and then ends with exit code 1.',
    examples: ['shoal verify ./shoal-data', 'shoal verify ./backups/notes-monday'],
    remote: false,
    run: async (call, args) => {
      const directory = args.text(0);
      const { isArchive } = await import('../backup/archive-folder.js');
      if (await isArchive(directory)) return verifyArchive(call, directory);
      const files = await partsOf(directory);
      const problems = files.flatMap((part) => part.problems);
      const indexes = files.filter(({ kind }) => kind === 'index').length;
      await call.answer({ directory, indexes, files, problems }, async () => {
        const verdict = problems.length === 0 ? 'all checksums match' : counted(problems.length, 'problem');
        const others = files.length - indexes;
        const read = [counted(indexes, 'index', 'indexes'), ...(others === 0 ? [] : [counted(others, 'other part')])];
        return [...problems, `${read.join(' and ')}: ${verdict}`].join('\n');
      });
      return problems.length === 0 ? 0 : 1;
    },
  });
}

/** All that is in a data folder. NOT_FOUND when nothing is, FAILED_PRECONDITION while a cluster uses it. */
async function partsOf(directory: string): Promise<Part[]> {
  const { ShoalError } = await import('../../../base/errors.js');
  const { registryOf, verifyEmbedded } = await import('../../../cluster/embedded/verify.js');
  const { missingBelow, verifyBelow } = await import('../../../shard-node/verify.js');
  // As a path of its own form, since files are named by what follows it.
  const root = resolve(directory);
  const parts: Part[] = [];
  try {
    for await (const file of verifyEmbedded(root)) parts.push(file);
    for await (const { directory: folder, kind, problems } of verifyBelow(root)) {
      parts.push({ file: relative(root, folder), kind, problems });
    }
    const registry = await registryOf(root);
    for await (const { directory: folder, kind, problems } of missingBelow(
      join(root, 'nodes'),
      registry ?? new Map(),
    )) {
      parts.push({ file: relative(root, folder), kind, problems });
    }
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new ShoalError('NOT_FOUND', `cannot read ${directory}: ${error.message}`, { cause: error });
  }
  if (parts.length > 0) return parts;
  throw new ShoalError('NOT_FOUND', `there is no index below ${directory}; give the folder of \`shoal dev --data\``);
}

async function verifyArchive(call: Invocation, directory: string): Promise<number> {
  const { checkArchive } = await import('../backup/archive-folder.js');
  const { manifest, problems: found } = await checkArchive(directory);
  const problems = found.map(({ message }) => message);
  const { collection, cut: sequence, members } = manifest;
  await call.answer({ directory, collection, sequence, members: members.length, problems }, async () => {
    const verdict = problems.length === 0 ? 'all checksums match' : counted(problems.length, 'problem');
    return [...problems, `backup of ${collection}, ${counted(members.length, 'file')}: ${verdict}`].join('\n');
  });
  return problems.length === 0 ? 0 : 1;
}
