/** `shoal restore`: a new collection from a backup. */
import { counted } from '../../../base/counted.js';
import { addCommand, type CommandHost } from '../command.js';
import { integer } from '../flags.js';
import type { Command } from 'commander';

export function addRestore(program: Command, host: CommandHost): void {
  addCommand<{ replicas?: number }>(program, host, {
    usage: 'restore <folder> <name>',
    summary: 'make a collection from a backup',
    details:
      'No collection or alias may have the name. Every file is checked before anything is made, and a restore that fails leaves\n' +
      'nothing behind. Documents keep their docIds.',
    examples: ['shoal restore ./backups/notes-monday notes', 'shoal restore ./backups/notes-monday copy --replicas 1'],
    configure: (command) =>
      command.option('--replicas <number>', 'copies of each shard (default: as in the backup)', integer(1, 100)),
    run: async (call, args, { replicas }) => {
      const [folder, name] = [args.text(0), args.text(1)];
      const { checkArchive, readMembers } = await import('../backup/archive-folder.js');
      const { manifest, bytes, problems } = await checkArchive(folder);
      const [problem] = problems;
      if (problem !== undefined) throw problem;
      const restored = await call.withClient((client) =>
        client.backups.restore({
          collection: name,
          manifest: bytes,
          members: readMembers(folder, manifest),
          ...(replicas === undefined ? {} : { replicas }),
        }),
      );
      const { uid, documents, sequence } = restored;
      await call.answer({ collection: name, uid, documents, sequence }, async () => {
        return `restored ${name} with ${counted(documents, 'document')}`;
      });
    },
  });
}
