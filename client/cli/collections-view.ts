/** Collections as people and programs read them. */
import { counted, grouped } from '../../base/counted.js';
import { byteSize, table, type Colours } from './format.js';
import type { Collection } from '../sdk/types.js';

/** Attributes that a person is shown; a program gets all. */
const attributesShown = 50;

/** The same for programs; null where a shard cannot be counted now, so that nobody takes a part for the whole. */
export function collectionJson<Given extends Collection>(
  collection: Given,
): Omit<Given, 'documents' | 'diskBytes'> & { readonly documents: number | null; readonly diskBytes: number | null } {
  return collection.shardsUncounted === 0 ? collection : { ...collection, documents: null, diskBytes: null };
}

/** A sum over shards as text: "?" where none, "≥ …" where not all of them could be counted. */
function sumText<Sum>({ shards, shardsUncounted }: Collection, sum: Sum, text: (sum: Sum) => string): string {
  if (shardsUncounted === 0) return text(sum);
  return shardsUncounted >= shards ? '?' : `≥ ${text(sum)}`;
}

function attributesText(collection: Collection): string {
  const declared = Object.entries(collection.attributes).map(([name, type]) => `${name}:${type}`);
  if (declared.length === 0) return 'by first sight';
  const more = declared.length - attributesShown;
  return `${declared.slice(0, attributesShown).join(', ')}${more > 0 ? ` … and ${grouped(more)} more; --json has all` : ''}`;
}

/** Which version serves, as `shoal codebooks` has it. */
function trainedText({ codebookVersion, parametersVersion, autoTrain }: Collection): string {
  const by = autoTrain ? 'by itself as it grows' : 'by command only';
  if (codebookVersion === 0) return `never; ${by}`;
  const serving =
    parametersVersion === 0 ? codebookVersion : `${parametersVersion}, learned for codebook ${codebookVersion}`;
  return `codebook ${serving}; again ${by}`;
}

/** The training that is under way, or why the last one came to nothing; "" where neither is so. */
function trainingText({ training }: Collection): string {
  if (training === null) return '';
  const { method, ordered, ended, step, share, node, resumedShare, version, reason } = training;
  const since = `by ${method} since ${ordered?.toISOString() ?? 'unknown'}`;
  const resumed = resumedShare > 0 ? `, taken up at ${percent(resumedShare)}` : '';
  if (ended === null && step === '') return `${since}: interrupted, and taken up in a moment`;
  if (ended === null) return `${since}: ${percent(share)}, ${step}${node === '' ? '' : ` on ${node}`}${resumed}`;
  return version > 0 ? '' : `the last one, by ${method}, ended ${ended.toISOString()} without a codebook: ${reason}`;
}

function percent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

function copiesText({ copies, copiesServing }: Collection): string {
  return copies === copiesServing ? String(copies) : `${copiesServing}, ${copies} from the next training on`;
}

function tokensText({ tokenDim, tokenCodec, tokenPooling }: Collection): string {
  if (tokenDim === 0) return 'none';
  const pooled = tokenPooling > 1 ? `, about one row for ${tokenPooling} tokens` : '';
  return `${counted(tokenDim, 'dimension')}, codec ${tokenCodec || 'none'}${pooled}`;
}

/** One collection, a field a line. */
export function collectionText(collection: Collection, paint: Colours): string {
  const fields: [string, string][] = [
    ['uid', collection.uid],
    ['documents', sumText(collection, collection.documents, grouped)],
    ['on disk', sumText(collection, collection.diskBytes, byteSize)],
    ['model', collection.model],
    ['dense', counted(collection.dim, 'dimension')],
    ['tokens', tokensText(collection)],
    ['shards', `${collection.shards} (${counted(collection.lists, 'list')})`],
    ['replicas', String(collection.replicas)],
    ['target recall', String(collection.targetRecall)],
    ['trained', trainedText(collection)],
    ...(trainingText(collection) === '' ? [] : [['training', trainingText(collection)] satisfies [string, string]]),
    ['copies', copiesText(collection)],
    ['attributes', attributesText(collection)],
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
    collection.shardsUncounted === 0 ? collection.documents : sumText(collection, collection.documents, grouped),
    sumText(collection, collection.diskBytes, byteSize),
    collection.shards,
    collection.replicas,
    collection.model,
  ]);
  const shown = [table(['name', 'documents', 'on disk', 'shards', 'replicas', 'model'], rows, paint)];
  const pointers = Object.entries(aliases).sort(([left], [right]) => (left < right ? -1 : 1));
  if (pointers.length > 0) shown.push(table(['alias', 'points to'], pointers, paint));
  return shown.join('\n\n');
}
