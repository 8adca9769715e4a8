/**
 * What is searched and asked: vectors, sets of queries, and the exact answers, all kept in the cache once they are
 * made.
 */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { seededRandom } from '../../../../base/random.js';
import { UsageError } from '../../text.js';
import { hashOf, normalRows } from '../../measure.js';
import { cacheFolder } from './cache-folder.js';
import type { EncodeTextsOptions } from './encode-texts.js';
import { glossFiles, type GlossFiles } from './glosses.js';
import { mixedRows, neighboursWanted } from './million.js';
import { readFloatRows, readRowNumbers, writeFloatRows, writeRowNumbers } from './npy-file.js';
import type { FloatRows, RowNumbers } from './npy-file.js';
import { exactNeighbours } from './truth.js';

export interface QuerySet {
  readonly name: string;
  /** Of the .npy file that a peer reads; null at smoke size, which has no peers. */
  readonly path: string | null;
  readonly queries: FloatRows;
  readonly truth: RowNumbers;
}

export interface AnnDataset {
  readonly name: string;
  readonly path: string | null;
  /** Where what belongs to these vectors is kept; null at smoke size. */
  readonly folder: string | null;
  readonly base: FloatRows;
  readonly querySets: readonly QuerySet[];
}

export interface DatasetOptions extends EncodeTextsOptions {
  /** glosses, million or file. */
  readonly dataset: string;
  /** Names of query sets, comma-separated. */
  readonly querySets: string;
  readonly vectors: string;
  readonly queries: string;
  readonly truth: string;
  readonly queriesLimit: number;
}

/** True neighbours that are kept of a query. */
const truthWidth = 100;
const millionRows = 1_000_000;
export const querySetNames = ['sentences', 'words'] as const;

/**
 * The dataset that the options name, made now where it is not in the cache. UsageError for a name that does not exist.
 */
export async function loadDataset(options: DatasetOptions): Promise<AnnDataset> {
  if (options.dataset === 'file' || options.vectors !== '') return await fromFiles(options);
  if (options.dataset !== 'glosses' && options.dataset !== 'million') {
    throw new UsageError(`no dataset is named ${options.dataset}; there are: glosses, million, file`);
  }
  const glosses = await glossFiles(options);
  const isMillion = options.dataset === 'million';
  const path = isMillion ? join(glosses.folder, 'million.npy') : glosses.base;
  if (!existsSync(path)) await makeMillion(glosses, path, options.progress);
  const base = await readFloatRows(path);
  const querySets: QuerySet[] = [];
  for (const name of namesOf(options.querySets)) {
    const truthPath = join(glosses.folder, `${options.dataset}-${name}.truth.npy`);
    querySets.push(await querySet({ name, path: glosses[name], truthPath, base }, options));
  }
  return { name: options.dataset, path, folder: glosses.folder, base, querySets };
}

/** Takes minutes on one thread; the neighbours are kept, so that an interrupted run goes on behind them. */
async function makeMillion(glosses: GlossFiles, path: string, progress: (line: string) => void): Promise<void> {
  const base = await readFloatRows(glosses.base);
  const neighbours = join(glosses.folder, 'neighbours.npy');
  if (!existsSync(neighbours)) {
    await writeRowNumbers(neighbours, await exactNeighbours(base, base, neighboursWanted, progress));
  }
  const pieces = mixedRows(base, await readRowNumbers(neighbours), millionRows, progress);
  await writeFloatRows(path, [millionRows, base.dim], pieces);
}

/** A few hundred vectors around some centres, the same on every machine, and queries near them: the smoke size. */
export async function smallDataset(count: number, dim: number, queryCount: number): Promise<AnnDataset> {
  const random = seededRandom(5);
  const centres = normalRows(random, 12, dim);
  const near = (n: number): FloatRows => {
    const values = normalRows(random, n, dim);
    for (let i = 0; i < n; i++) {
      const row = values.subarray(i * dim, (i + 1) * dim);
      const centre = random.below(12) * dim;
      for (let j = 0; j < dim; j++) row[j] = 0.8 * centres[centre + j]! + 0.6 * row[j]!;
      const length = Math.hypot(...row);
      for (let j = 0; j < dim; j++) row[j]! /= length;
    }
    return { count: n, dim, values };
  };
  const base = near(count);
  const queries = near(queryCount);
  const truth = await exactNeighbours(base, queries, truthWidth, () => undefined);
  return { name: 'smoke', path: null, folder: null, base, querySets: [{ name: 'smoke', path: null, queries, truth }] };
}

async function fromFiles(options: DatasetOptions): Promise<AnnDataset> {
  const { vectors, queries, truth, queriesLimit } = options;
  if (vectors === '' || queries === '')
    throw new UsageError('the dataset file wants --vectors FILE.npy --queries FILE.npy');
  const base = await readFloatRows(vectors);
  const asked = await readFloatRows(queries, queriesLimit);
  if (asked.dim !== base.dim) throw new UsageError(`vectors have ${base.dim} values, queries ${asked.dim}`);
  const exact =
    truth === ''
      ? await exactNeighbours(base, asked, truthWidth, options.progress)
      : await readRowNumbers(truth, queriesLimit);
  if (exact.count !== asked.count) throw new UsageError(`${truth} answers ${exact.count} of ${asked.count} queries`);
  const querySets = [{ name: 'file', path: queries, queries: asked, truth: exact }];
  return { name: 'file', path: vectors, folder: await folderOf(vectors), base, querySets };
}

/** A folder of the cache for a file as it is now. */
async function folderOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return join(cacheFolder(), `file-${hashOf([resolve(path), String(size), String(mtimeMs)])}`);
}

interface QuerySetFiles {
  readonly name: string;
  readonly path: string;
  readonly truthPath: string;
  readonly base: FloatRows;
}

/** The truth is kept for all queries, whatever the limit. */
async function querySet(files: QuerySetFiles, { queriesLimit, progress }: DatasetOptions): Promise<QuerySet> {
  const { name, path, truthPath, base } = files;
  if (!existsSync(truthPath)) {
    progress(`exact answers for ${name}`);
    await writeRowNumbers(truthPath, await exactNeighbours(base, await readFloatRows(path), truthWidth, progress));
  }
  const queries = await readFloatRows(path, queriesLimit);
  return { name, path, queries, truth: await readRowNumbers(truthPath, queriesLimit) };
}

function namesOf(text: string): (typeof querySetNames)[number][] {
  return text.split(',').map((name) => {
    const known = querySetNames.find((each) => each === name);
    if (known === undefined)
      throw new UsageError(`no query set is named ${name}; there are: ${querySetNames.join(', ')}`);
    return known;
  });
}
