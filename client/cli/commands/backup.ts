/** `shoal backup`: a collection as a folder of files, while it is written to. */
import { counted } from '../../../base/counted.js';
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addBackup(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'backup <name> <folder>',
    summary: 'back a collection up into a new folder',
    details:
      'Everything that was acknowledged before the backup began is in it; writes go on meanwhile. The folder appears whole or not\n' +
      'at all. "shoal verify" reads its checksums without a cluster.',
    examples: ['shoal backup notes ./backups/notes-monday', 'shoal verify ./backups/notes-monday'],
    run: async (call, args) => {
      const [name, folder] = [args.text(0), args.text(1).replace(/(?<=.)\/+$/, '')];
      const { writeArchive } = await import('../backup/archive-folder.js');
      const manifest = await call.withClient((client) => writeArchive(folder, client.backups.backup(name)));
      const bytes = manifest.members.reduce((sum, member) => sum + member.bytes, 0);
      const { collection, uid, cut: sequence, members } = manifest;
      await call.answer({ collection, uid, sequence, folder, members: members.length, bytes }, async () => {
        const { byteSize } = await import('../format.js');
        return `${collection} as of log position ${sequence} in ${folder}: ${counted(members.length, 'file')}, ${byteSize(bytes)}`;
      });
    },
  });
}
