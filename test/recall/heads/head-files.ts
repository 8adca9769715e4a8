/** Heads as files: numbers of little use to people, so JSON without layout. */
import { readFile, writeFile } from 'node:fs/promises';
import type { MultiHead, RowMap } from '../../../trainer/heads/multi-head.js';
import type { SparseHead } from '../../../trainer/heads/sparse-head.js';

export const multiHeadFile = 'multi-head.json';
export const sparseHeadFile = 'sparse-head.json';

type Plain<T> = { [K in keyof T]: T[K] extends Float32Array ? number[] : T[K] extends number ? number : Plain<T[K]> };

export async function writeHead(path: string, head: MultiHead | SparseHead): Promise<void> {
  const plain = (_: string, value: unknown): unknown => (value instanceof Float32Array ? [...value] : value);
  await writeFile(path, JSON.stringify(head, plain));
}

export async function readMultiHead(path: string): Promise<MultiHead> {
  const { inputDim, dim, documents, queries, importance } = (await readJson(path)) as Plain<MultiHead>;
  const map = ({ matrix, offset }: Plain<RowMap>): RowMap => ({
    matrix: Float32Array.from(matrix),
    offset: Float32Array.from(offset),
  });
  return { inputDim, dim, documents: map(documents), queries: map(queries), importance: Float32Array.from(importance) };
}

export async function readSparseHead(path: string): Promise<SparseHead> {
  const { inputDim, queries, documents, nearness } = (await readJson(path)) as Plain<SparseHead>;
  return {
    inputDim,
    queries: Float32Array.from(queries),
    documents: Float32Array.from(documents),
    nearness: Float32Array.from(nearness),
  };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}
