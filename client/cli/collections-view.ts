/** Collections as people and programs read them. */
import { byteSize, counted, grouped, table, type Colours } from './format.js';
import type { Collection } from '../sdk/types.js';

/** One collection, a field a line. */
export function collectionText(collection: Collection, paint: Colours): string {
  const declared = Object.entries(collection.attributes).map(([name, type]) => `${name}:${type}`);
  const tokens =
    collection.tokenDim === 0 ? 'none' : `${collection.tokenDim} dimensions, codec ${collection.tokenCodec || 'none'}`;
  const fields: [string, string][] = [
    ['uid', collection.uid],
    ['documents', grouped(collection.documents)],
    ['on disk', byteSize(collection.diskBytes)],
    ['model', collection.model],
    ['dense', `${collection.dim} dimensions`],
    ['tokens', tokens],
    ['shards', `${collection.shards} (${counted(collection.lists, 'list')})`],
    ['replicas', String(collection.replicas)],
    ['target recall', String(collection.targetRecall)],
    ['attributes', declared.length === 0 ? 'by first sight' : declared.join(', ')],
    ...(collection.expiresBy === '' ? [] : [['expires by', collection.expiresBy] satisfies [string, string]]),
    ['created', collection.created?.toISOString() ?? 'unknown'],
  ];
  return `${paint.bold(collection.name)}\n${fields.map(([name, value]) => `  ${name.padEnd(14)}${value}`).join('\n')}`;
}

/** Many collections, one a row; then the aliases. */
export function collectionsTable(
  collections: readonly Collection[],
  aliases: Readonly<Record<string, string>>,
  paint: Colours,
): string {
  if (collections.length === 0) return 'no collections; `shoal import NAME FILE` makes one';
  const rows = collections.map((collection) => [
    collection.name,
    collection.documents,
    byteSize(collection.diskBytes),
    collection.shards,
    collection.replicas,
    collection.model,
  ]);
  const shown = [table(['name', 'documents', 'on disk', 'shards', 'replicas', 'model'], rows, paint)];
  const pointers = Object.entries(aliases).sort(([left], [right]) => (left < right ? -1 : 1));
  if (pointers.length > 0) shown.push(table(['alias', 'points to'], pointers, paint));
  return shown.join('\n\n');
}
