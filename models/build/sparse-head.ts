/** The sparse head of a model's folder: as training wrote it, or as the folder has it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseManifest, type ModelManifest } from '../../encoder-node/model/manifest.js';
import { serializeSparseHead } from '../../vector-index/codebook/sparse-head.js';
import { sparseHeadFile } from './default-manifest.js';

type Entry = Exclude<ModelManifest['sparseHead'], null>;

/** What `train` writes of a head, and `report` completes; the manifest's schema says what training and quality are. */
const trainedSchema = z.object({
  queries: z.array(z.number()),
  documents: z.array(z.number()),
  training: z.custom<Entry['training']>(),
  quality: z.custom<Entry['quality']>(),
});

/** Writes the head of the JSON file `trained` into the folder `target`; gives its entry in the manifest. Rejects for a file of another kind. */
export async function placeSparseHead(trained: string, target: string): Promise<Entry> {
  const { queries, documents, ...facts } = trainedSchema.parse(JSON.parse(await readFile(trained, 'utf8')));
  const head = { queries: Float32Array.from(queries), documents: Float32Array.from(documents) };
  await writeFile(join(target, sparseHeadFile), serializeSparseHead(head));
  return { file: sparseHeadFile, ...facts };
}

/** The manifest of the folder `target`; null where it has none yet. */
export async function presentManifest(target: string): Promise<ModelManifest | null> {
  const path = join(target, 'manifest.json');
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : parseManifest(text, path);
}
