/** Trained structures of a dataset, kept beside it: training takes minutes, and is the same for the same vectors. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../../../base/random.js';
import { newestKind, secondBitsMax, usualSecondBits } from '../../../../kernels/codes.js';
import { assignNearest } from '../../../../kernels/kernels.js';
import { drawnTowards, trainRouting } from '../../../../trainer/structure/train-routing.js';
import { feedbackBits, trainStructure } from '../../../../trainer/structure/train-structure.js';
import {
  readListCodebookFile,
  writeListCodebookFile,
  type ListCodebook,
} from '../../../../vector-index/codebook/list-codebook.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { cpuSeconds } from './cpu-seconds.js';
import type { ListIndexParts } from './list-index.js';
import type { FloatRows } from './npy-file.js';

export interface TrainedListsOptions {
  readonly base: FloatRows;
  /** null = nothing is kept. */
  readonly folder: string | null;
  readonly lists: number;
  /** Every vector lies in two lists. */
  readonly hasSeconds: boolean;
  /** What anchors are learned from, by its name in files; null = nothing but the vectors. */
  readonly queries: { readonly name: string; rows(): Promise<FloatRows> } | null;
  progress(line: string): void;
}

export interface TrainedLists {
  readonly parts: Omit<ListIndexParts, 'hasCopies'>;
  /** The codebook of the same lists for second codes of 8 bits. */
  readonly widest: ListCodebook;
  /** Processor time of the training. */
  readonly trainSeconds: number;
}

const seed = 7;
/** How far routes are drawn from the centroids; other queries than those that are measured needed the fewest lists with it. */
const routeShare = 0.5;

/** Trained now unless it is in the folder. */
export async function trainedLists(options: TrainedListsOptions): Promise<TrainedLists> {
  const { base, folder, lists, hasSeconds, queries, progress } = options;
  const name = `lists-${base.count}-${lists}-${queries?.name ?? 'vectors'}${hasSeconds ? '-twice' : ''}-routes-metric`;
  const path = (ending: string): string => join(folder ?? '', `${name}.${ending}`);
  if (folder !== null && existsSync(path('json'))) return await readLists(path);
  const begin = cpuSeconds();
  const rows = queries === null ? null : (await queries.rows()).values;
  const random = seededRandom(seed);
  const { structure: plain, codebook: widest } = trainStructure(
    { dim: base.dim, vectors: base.values, queries: rows },
    { lists, copies: hasSeconds ? 2 : 1, secondBits: secondBitsMax, random, onProgress: told(progress) },
  );
  const structure = rows === null ? plain : withRoutes(plain, base, { queries: rows, random, progress });
  const trainSeconds = cpuSeconds() - begin;
  if (folder !== null) {
    await mkdir(folder, { recursive: true });
    await writeFile(path('structure'), writeStructureFile(structure));
    await writeFile(path('codebook'), writeListCodebookFile(widest));
    await writeFile(path('json'), JSON.stringify({ trainSeconds }));
  }
  return partsOf(structure, widest, trainSeconds);
}

/** The codebook for second codes of so many bits; what their rounding feeds back a training learns from five bits on. */
export function codedIn({ feedback, ...codebook }: ListCodebook, secondBits: number): ListCodebook {
  const isFedBack = feedback !== undefined && secondBits >= feedbackBits;
  return { ...codebook, secondKind: newestKind(secondBits), ...(isFedBack ? { feedback } : {}) };
}

function partsOf(structure: Structure, widest: ListCodebook, trainSeconds: number): TrainedLists {
  return { parts: { structure, codebook: codedIn(widest, usualSecondBits) }, widest, trainSeconds };
}

function withRoutes(
  structure: Structure,
  { values: vectors, dim }: FloatRows,
  of: { readonly queries: Float32Array; readonly random: Random; progress(line: string): void },
): Structure {
  const firsts = assignNearest(vectors, structure.centroids, dim).assignments;
  const lists = structure.around === undefined ? [firsts] : [firsts, secondLists(structure, vectors, firsts)];
  const tell = told(of.progress);
  const onProgress = (share: number): void => tell('routes', share);
  const routes = trainRouting(structure, { vectors, lists, queries: of.queries }, { random: of.random, onProgress });
  return { ...structure, routing: drawnTowards(structure, routes, routeShare) };
}

async function readLists(path: (ending: string) => string): Promise<TrainedLists> {
  const structure = readStructureFile(await readFile(path('structure')));
  const widest = readListCodebookFile(await readFile(path('codebook')));
  const { trainSeconds } = JSON.parse(await readFile(path('json'), 'utf8')) as { trainSeconds: number };
  return partsOf(structure, widest, trainSeconds);
}

/** A line for each step, not for each call. */
function told(progress: (line: string) => void): (step: string, share: number) => void {
  let last = '';
  return (step, share) => {
    const line = `training ${step}: ${Math.floor(share * 10)}0 %`;
    if (line !== last) progress(line);
    last = line;
  };
}
