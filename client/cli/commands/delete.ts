/** `shoal delete`: documents by their ids, or all that match a filter. */
import { counted } from '../../../base/counted.js';
import { addCommand, usageError, type CommandHost } from '../command.js';
import type { Command } from 'commander';
import type { ShoalClient } from '../../sdk/connect.js';
import type { DeleteResult } from '../../sdk/types.js';

/** Ids of one call. */
const idsPerCall = 4_096;

export function addDelete(program: Command, host: CommandHost): void {
  addCommand<{ filter?: string }>(program, host, {
    usage: 'delete <name> [ids...]',
    summary: 'delete documents',
    details: 'Unknown ids count 0. What a filter found and somebody changed meanwhile stays.',
    examples: ['shoal delete notes 17 18 19', `shoal delete papers --filter 'year < 1950'`],
    configure: (command) => command.option('--filter <expr>', 'CEL over attributes: every document that matches'),
    run: async (call, args, { filter }) => {
      const ids = args.list(1);
      if ((ids.length === 0) === (filter === undefined)) throw usageError('give either ids or --filter EXPR');
      const result = await call.withClient((client) =>
        filter === undefined
          ? deleteIds(client, args.text(0), ids)
          : client.documents.deleteWhere(args.text(0), filter),
      );
      const { deleted, sequence, uid } = result;
      await call.answer({ deleted, sequence, uid }, async () => {
        const unknown = Math.max(0, ids.length - deleted);
        return `${counted(deleted, 'document')} deleted${unknown > 0 ? `, ${unknown} not found` : ''}`;
      });
    },
  });
}

async function deleteIds(client: ShoalClient, name: string, ids: readonly string[]): Promise<DeleteResult> {
  let sum = { uid: '', sequence: 0n, deleted: 0 };
  for (let start = 0; start < ids.length; start += idsPerCall) {
    const part = await client.documents.delete(name, ids.slice(start, start + idsPerCall));
    const sequence = part.sequence > sum.sequence ? part.sequence : sum.sequence;
    sum = { uid: part.uid, sequence, deleted: sum.deleted + part.deleted };
  }
  return sum;
}
