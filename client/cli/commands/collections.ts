/** `shoal collections …`: create, list, describe, update, drop. */
import { addCommand, usageError, type CommandHost } from '../command.js';
import { attributeDeclarations, decimal, integer, truth } from '../flags.js';
import type { Command } from 'commander';
import type { AttributeTypeName } from '../../../proto/attributes.js';
import type { Collection, CollectionOptions } from '../../sdk/types.js';
import type { Invocation } from '../command.js';

interface CreateFlags {
  readonly model?: string;
  readonly dim?: number;
  readonly shards?: number;
  readonly replicas?: number;
  readonly attributes?: Record<string, AttributeTypeName>;
  readonly keepVectors?: boolean;
  readonly targetRecall?: number;
}

export function addCollections(program: Command, host: CommandHost): void {
  const group = program.command('collections').summary('create, list, describe, update and drop collections');
  group.description('Collections are named sets of documents that one encoder model represents.');
  addCreate(group, host);
  addList(group, host);
  addDescribe(group, host);
  addUpdate(group, host);
  addDrop(group, host);
}

function addCreate(group: Command, host: CommandHost): void {
  addCommand<CreateFlags>(group, host, {
    usage: 'create <name>',
    summary: 'create a collection',
    details:
      'Names are 1 to 63 characters of a-z, 0-9, - and _, beginning with a letter or digit. A new collection is one exactly scanned\n' +
      'list. Attributes need declaring only where JSON has no such type (int64, timestamp) or where a wrong type shall be refused.',
    examples: [
      'shoal collections create notes',
      'shoal collections create papers --attributes year:int64,tags:string[],published:timestamp',
      'shoal collections create images --model none --dim 512',
    ],
    configure: (command) =>
      command
        .option('--model <name>', "encoder model, or none when every vector is given (default: the cluster's)")
        .option('--dim <number>', 'dimensions of the vectors; with --model none', integer(1, 65_536))
        .option('--shards <number>', 'shards to aim at after training', integer(1, 1_000_000))
        .option('--replicas <number>', 'copies of each shard', integer(1, 100))
        .option('--attributes <name:type,…>', 'declared attribute types', attributeDeclarations)
        .option('--target-recall <number>', 'share of the true neighbours that a search shall find', decimal(0.01, 1))
        .option('--keep-vectors <boolean>', 'keep each dense vector for training and export', truth),
    run: async (call, args, { model, dim, shards, replicas, attributes, targetRecall, keepVectors }) => {
      if (model === 'none' && dim === undefined)
        throw usageError('--model none needs --dim, the length of your vectors');
      const flags = { model, dim, shards, replicas, attributes, targetRecall, keepVectors };
      const options = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
      const created = await call.withClient((client) =>
        client.collections.create(args.text(0), options as CollectionOptions),
      );
      await showCollection(call, created);
    },
  });
}

function addList(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'list',
    summary: 'list all collections with their sizes',
    examples: ['shoal collections list', 'shoal collections list --json'],
    run: async (call) => {
      const collections = await call.withClient((client) => client.collections.list());
      await call.answer({ collections }, async () => {
        const { colours } = await import('../format.js');
        const { collectionsTable } = await import('../collections-view.js');
        return collectionsTable(collections, colours(call.context));
      });
    },
  });
}

function addDescribe(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'describe <name>',
    summary: 'show the settings and the size of a collection',
    examples: ['shoal collections describe notes'],
    run: async (call, args) => {
      await showCollection(call, await call.withClient((client) => client.collections.describe(args.text(0))));
    },
  });
}

function addUpdate(group: Command, host: CommandHost): void {
  addCommand<{ replicas?: number; targetRecall?: number }>(group, host, {
    usage: 'update <name>',
    summary: 'change settings of a collection',
    examples: ['shoal collections update notes --replicas 2'],
    configure: (command) =>
      command
        .option('--replicas <number>', 'copies of each shard', integer(1, 100))
        .option('--target-recall <number>', 'share of the true neighbours that a search shall find', decimal(0.01, 1)),
    run: async (call, args, { replicas, targetRecall }) => {
      if (replicas === undefined && targetRecall === undefined) {
        throw usageError('there is nothing to change; give --replicas or --target-recall');
      }
      const changes = {
        ...(replicas === undefined ? {} : { replicas }),
        ...(targetRecall === undefined ? {} : { targetRecall }),
      };
      await showCollection(call, await call.withClient((client) => client.collections.update(args.text(0), changes)));
    },
  });
}

function addDrop(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'drop <name>',
    summary: 'delete a collection and all its documents',
    examples: ['shoal collections drop notes'],
    run: async (call, args) => {
      const name = args.text(0);
      const documents = await call.withClient((client) => client.collections.drop(name));
      await call.answer({ collection: name, documents }, async () => {
        const { counted } = await import('../format.js');
        return `dropped ${name} with ${counted(documents, 'document')}`;
      });
    },
  });
}

async function showCollection(call: Invocation, collection: Collection): Promise<void> {
  await call.answer({ collection }, async () => {
    const { colours } = await import('../format.js');
    const { collectionText } = await import('../collections-view.js');
    return collectionText(collection, colours(call.context));
  });
}
