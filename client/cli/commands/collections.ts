/** `shoal collections …`: create, list, describe, update, drop, alias. */
import { counted } from '../../../base/counted.js';
import { limits } from '../../../base/limits.js';
import { addCommand, usageError, type CommandHost } from '../command.js';
import { attributeDeclarations, decimal, integer, truth } from '../flags.js';
import { Option, type Command } from 'commander';
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
  readonly expiresBy?: string;
  readonly directoryPartitions?: number;
  readonly autoTrain?: boolean;
  readonly copies?: number;
  readonly tokenPooling?: number;
  /** Path of a file; read when the command runs. */
  readonly centroids?: string;
}

const copiesHelp = 'lists that a vector lies in after training, 1 or 2: with 2 far questions need fewer lists';

const poolingHelp =
  'keep about one token row of a document for so many tokens, 1 to 16 (default: 1): less disk, less precise, and --explain names no words; cannot be changed later';

export function addCollections(program: Command, host: CommandHost): void {
  const group = program.command('collections').summary('create, list, describe, update and drop collections');
  group.description('Collections are named sets of documents that one encoder model represents.');
  for (const add of [addCreate, addList, addDescribe, addUpdate, addDrop, addAlias]) add(group, host);
}

function addCreate(group: Command, host: CommandHost): void {
  addCommand<CreateFlags>(group, host, {
    usage: 'create <name>',
    summary: 'create a collection',
    details:
      'Names are 1 to 63 characters of a-z, 0-9, - and _, beginning with a letter or digit. A new collection is one exactly scanned\n' +
      'list, unless --centroids gives the inverted lists that it shall have. Attributes need declaring only where JSON has no such\n' +
      'type (int64, timestamp) or where a wrong type shall be refused.',
    examples: [
      'shoal collections create notes',
      'shoal collections create papers --attributes year:int64,tags:string[],published:timestamp',
      'shoal collections create news --attributes until:timestamp --expires-by until',
      'shoal collections create images --model none --dim 512 --centroids centroids.npy --shards 4',
    ],
    configure: configureCreate,
    run: async (call, args, flags) => {
      if (flags.model === 'none' && flags.dim === undefined && flags.centroids === undefined)
        throw usageError('--model none needs --dim, the length of your vectors');
      const options = await createOptions(flags);
      await showCollection(call, await call.withClient((client) => client.collections.create(args.text(0), options)));
    },
  });
}

function configureCreate(command: Command): void {
  command
    .option('--model <name>', "encoder model, or none when every vector is given (default: the cluster's)")
    .option('--dim <number>', 'dimensions of the vectors; with --model none', integer(1, 65_536))
    .option(
      '--shards <number>',
      'shards to aim at after training, or to group the lists of --centroids into',
      integer(1, 1_000_000),
    )
    .option('--replicas <number>', 'copies of each shard', integer(1, 100))
    .option('--attributes <name:type,…>', 'declared attribute types', attributeDeclarations)
    .option('--expires-by <attribute>', 'a timestamp attribute at which a document expires')
    .option('--centroids <file.npy>', 'coarse centroids: a float32 matrix, one inverted list a row')
    .option('--directory-partitions <number>', 'hash partitions of the directory of ids', integer(1, 256))
    .option('--target-recall <number>', 'share of the true neighbours that a search shall find', decimal(0.01, 1))
    .option('--auto-train <boolean>', 'train it by itself as it grows (default: true)', truth)
    .option('--copies <number>', copiesHelp, integer(1, 2))
    .option('--token-pooling <number>', poolingHelp, integer(1, limits.tokenPoolingMax))
    .option('--keep-vectors <boolean>', 'keep each dense vector for training and export', truth);
}

async function createOptions(flags: CreateFlags): Promise<CollectionOptions> {
  const { model, dim, centroids, ...rest } = flags;
  const { shards, replicas, attributes, keepVectors, expiresBy, directoryPartitions } = rest;
  const { targetRecall, autoTrain, copies, tokenPooling } = rest;
  const placed = { shards, replicas, directoryPartitions };
  const settings = { attributes, keepVectors, targetRecall, expiresBy, autoTrain, copies, tokenPooling };
  const given = { model, dim, ...placed, ...settings };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (centroids === undefined) return options;
  const { openNpy } = await import('../npy.js');
  const npy = await openNpy(centroids);
  try {
    if (dim !== undefined && npy.dim !== dim)
      throw usageError(`${centroids} has rows of ${npy.dim} numbers, but --dim is ${dim}`);
    const structure = { centroids: await npy.readRows(0, npy.rows) };
    return { ...options, ...structure, ...(model === 'none' ? { dim: npy.dim } : {}) };
  } finally {
    await npy.close();
  }
}

function addList(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'list',
    summary: 'list all collections with their sizes, and the aliases',
    examples: ['shoal collections list', 'shoal collections list --json'],
    run: async (call) => {
      const { collections, aliases } = await call.withClient(async (client) => ({
        collections: await client.collections.list(),
        aliases: await client.collections.aliases(),
      }));
      const { collectionJson, collectionsTable } = await import('../collections-view.js');
      await call.answer({ collections: collections.map(collectionJson), aliases }, async () => {
        const { colours } = await import('../format.js');
        return collectionsTable(collections, aliases, colours(call.context));
      });
    },
  });
}

function addDescribe(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'describe <name>',
    summary: 'show the settings and the size of a collection, and what is wrong with it',
    examples: ['shoal collections describe notes', 'shoal collections describe notes --json'],
    run: async (call, args) => {
      const { problems, ...collection } = await call.withClient((client) => client.collections.describe(args.text(0)));
      const { collectionJson, collectionText } = await import('../collections-view.js');
      await call.answer({ collection: collectionJson(collection), problems }, async () => {
        const { colours } = await import('../format.js');
        const { withProblems } = await import('../cluster-view.js');
        const paint = colours(call.context);
        return withProblems(collectionText(collection, paint), problems, paint);
      });
    },
  });
}

function addUpdate(group: Command, host: CommandHost): void {
  addCommand<{ replicas?: number; targetRecall?: number; autoTrain?: boolean; copies?: number }>(group, host, {
    usage: 'update <name>',
    summary: 'change settings of a collection',
    details:
      'The number of replicas is fixed when a collection is made: back it up and restore it with --replicas to have another number.\n' +
      'Token pooling is fixed too: import the texts into a new collection to have another.',
    examples: ['shoal collections update notes --target-recall 0.98'],
    configure: (command) =>
      command
        .option('--target-recall <number>', 'share of the true neighbours that a search shall find', decimal(0.01, 1))
        .option('--auto-train <boolean>', 'train it by itself as it grows', truth)
        .option('--copies <number>', copiesHelp, integer(1, 2))
        // Known, so that the cluster can say what to do instead.
        .addOption(new Option('--replicas <number>').argParser(integer(1, 100)).hideHelp()),
    run: async (call, args, { replicas, targetRecall, autoTrain, copies }) => {
      const given = Object.entries({ replicas, targetRecall, autoTrain, copies });
      const changes = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      if (Object.keys(changes).length === 0)
        throw usageError('there is nothing to change; give --target-recall, --auto-train or --copies');
      await showCollection(call, await call.withClient((client) => client.collections.update(args.text(0), changes)));
    },
  });
}

function addDrop(group: Command, host: CommandHost): void {
  addCommand(group, host, {
    usage: 'drop <name>',
    summary: 'delete a collection and all its documents',
    details: 'Refused while an alias points to it.',
    examples: ['shoal collections drop notes'],
    run: async (call, args) => {
      const name = args.text(0);
      const documents = await call.withClient((client) => client.collections.drop(name));
      await call.answer({ collection: name, documents }, async () => {
        return `dropped ${name} with ${counted(documents, 'document')}`;
      });
    },
  });
}

function addAlias(group: Command, host: CommandHost): void {
  addCommand<{ drop?: true }>(group, host, {
    usage: 'alias <alias> [target]',
    args: { '[target]': 'a collection or another alias' },
    summary: 'point a name to a collection, at once for reads and writes',
    details:
      'An alias stands wherever a collection is named. Pointing it elsewhere is one step: no request meets half of it.',
    examples: ['shoal collections alias news news-2026', 'shoal collections alias news --drop'],
    configure: (command) => command.option('--drop', 'take the alias away; the collection stays'),
    run: async (call, args, { drop }) => {
      const [alias, target] = [args.text(0), args.text(1)];
      if ((target === '') !== (drop === true)) throw usageError('give either a target or --drop');
      if (drop === true) {
        await call.withClient((client) => client.collections.dropAlias(alias));
        await call.answer({ alias, dropped: true }, () => `dropped the alias ${alias}`);
        return;
      }
      const { collection, uid } = await call.withClient((client) => client.collections.setAlias(alias, target));
      await call.answer({ alias, target, collection, uid }, () => `${alias} is now ${collection}`);
    },
  });
}

async function showCollection(call: Invocation, collection: Collection): Promise<void> {
  const { collectionJson, collectionText } = await import('../collections-view.js');
  await call.answer({ collection: collectionJson(collection) }, async () => {
    const { colours } = await import('../format.js');
    return collectionText(collection, colours(call.context));
  });
}
