/** `shoal delete`: documents by their ids. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

/** Ids of one call. */
const idsPerCall = 4_096;

export function addDelete(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'delete <name> <ids...>',
    summary: 'delete documents',
    details: 'Unknown ids count 0.',
    examples: ['shoal delete notes 17 18 19'],
    run: async (call, args) => {
      const ids = args.list(1);
      const result = await call.withClient(async (client) => {
        let sum = { uid: '', sequence: 0n, deleted: 0 };
        for (let start = 0; start < ids.length; start += idsPerCall) {
          const part = await client.documents.delete(args.text(0), ids.slice(start, start + idsPerCall));
          const sequence = part.sequence > sum.sequence ? part.sequence : sum.sequence;
          sum = { uid: part.uid, sequence, deleted: sum.deleted + part.deleted };
        }
        return sum;
      });
      const { deleted, sequence, uid } = result;
      await call.answer({ deleted, sequence, uid }, async () => {
        const { counted } = await import('../format.js');
        const unknown = ids.length - deleted;
        return `${counted(deleted, 'document')} deleted${unknown > 0 ? `, ${unknown} not found` : ''}`;
      });
    },
  });
}
