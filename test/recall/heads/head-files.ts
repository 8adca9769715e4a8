/** Heads as files of the cache: numbers of little use to people, so JSON without layout. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '../../../encoder-node/model/manifest.js';
import type { MultiHead } from '../../../trainer/heads/multi-head.js';
import type { SparseHead } from '../../../vector-index/codebook/sparse-head.js';

const multiHeadFile = 'multi-head.json';
const sparseHeadFile = 'sparse-head.json';

type Facts = Exclude<ModelManifest['sparseHead'], null>;

/** A sparse head with what a model's manifest says of it. */
export interface TrainedSparseHead extends SparseHead {
  readonly training: Facts['training'];
  /** Once it was judged. */
  readonly quality?: Facts['quality'];
}

type Plain<T> = { [K in keyof T]: T[K] extends Float32Array ? number[] : T[K] extends number ? number : Plain<T[K]> };

export async function writeMultiHead(cache: string, head: MultiHead): Promise<void> {
  await writePlain(join(cache, multiHeadFile), head);
}

export async function readMultiHead(cache: string): Promise<MultiHead> {
  const file = (await readJson(join(cache, multiHeadFile))) as Plain<MultiHead>;
  return { ...file, documents: Float32Array.from(file.documents), queries: Float32Array.from(file.queries) };
}

export async function writeSparseHead(cache: string, head: TrainedSparseHead): Promise<void> {
  await writePlain(join(cache, sparseHeadFile), head);
}

export async function readSparseHead(cache: string): Promise<TrainedSparseHead> {
  const file = (await readJson(join(cache, sparseHeadFile))) as Plain<SparseHead> &
    Omit<TrainedSparseHead, keyof SparseHead>;
  return { ...file, queries: Float32Array.from(file.queries), documents: Float32Array.from(file.documents) };
}

async function writePlain(path: string, head: MultiHead | TrainedSparseHead): Promise<void> {
  const plain = (_: string, value: unknown): unknown => (value instanceof Float32Array ? [...value] : value);
  await writeFile(path, JSON.stringify(head, plain));
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}
