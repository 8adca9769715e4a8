/**
 * WordNet's glosses as vectors of the default encoder, kept in the cache by the digest of what of the model
 * dense vectors depend on.
 *
 * Rows are definitions, without their quoted examples. Two sets of queries: *sentences* are quoted examples, encoded
 * as texts, near the data; *words* are first words of a meaning with the model's query prefix, far from the data, as
 * short queries are.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '../../../../encoder-node/model/manifest.js';
import { seededRandom, type Random } from '../../../../base/random.js';
import { readGlosses, wordnetFolder, type Gloss } from '../../../../tools/demo/wordnet.js';
import { cacheFolder } from './cache-folder.js';
import { encodeTexts, loadDefaultModel, type EncodeTextsOptions, type InputKind } from './encode-texts.js';
import { writeFloatRows } from './npy-file.js';

export interface GlossFiles {
  readonly folder: string;
  readonly base: string;
  readonly sentences: string;
  readonly words: string;
}

const queryCount = 10_000;
const seed = 17;
/** Words of a sentence at least: below it is a phrase, nearer to the other set. */
const sentenceWordsMin = 4;

/** Paths of the vectors, which are made now unless they are there. */
export async function glossFiles(options: EncodeTextsOptions): Promise<GlossFiles> {
  const model = await loadDefaultModel();
  const folder = join(cacheFolder(), `glosses-${vectorsDigest(model.manifest).slice(0, 12)}`);
  const files = {
    folder,
    base: join(folder, 'base.npy'),
    sentences: join(folder, 'sentences.npy'),
    words: join(folder, 'words.npy'),
  };
  await mkdir(folder, { recursive: true });
  const glosses = await readGlosses(wordnetFolder());
  const make = async (path: string, texts: () => readonly string[], kind: InputKind): Promise<void> => {
    if (existsSync(path)) return;
    const { count, dim, values } = await encodeTexts(model, texts(), kind, options);
    await writeFloatRows(path, [count, dim], [values]);
  };
  await make(files.words, () => wordQueries(glosses), 'query');
  await make(files.sentences, () => sentenceQueries(glosses), 'document');
  await make(files.base, () => glosses.map(({ text }) => definitionOf(text)), 'document');
  return files;
}

/** Of what dense vectors come from, as hexadecimal digits: a new codec or sparse head leaves them as they are. */
function vectorsDigest({
  name,
  model,
  tokenizer,
  tokenCodec,
  sparseHead,
  outputs,
  query,
  document,
  files,
}: ModelManifest): string {
  const beside = [tokenCodec?.file, sparseHead?.file];
  const own = Object.entries(files).filter(([file]) => !beside.includes(file));
  return createHash('sha256')
    .update(JSON.stringify([name, model, tokenizer, outputs.dense, query, document, own]))
    .digest('hex');
}

/** What a gloss says before its examples. */
export function definitionOf(text: string): string {
  return text.split(/;\s*"/, 1)[0]!.trim();
}

/** The quoted examples of a gloss that are sentences. */
export function sentencesOf(text: string): string[] {
  const examples = text.slice(definitionOf(text).length);
  const quoted = [...examples.matchAll(/"([^"]+)"/g)].map((match) => match[1]!.trim());
  return quoted.filter((sentence) => sentence.split(/\s+/).length >= sentenceWordsMin);
}

/** Texts of the set *sentences*. */
export function sentenceQueries(glosses: readonly Gloss[]): string[] {
  return chosen(seededRandom(seed), [...new Set(glosses.flatMap(({ text }) => sentencesOf(text)))]);
}

/** Texts of the set *words*. */
export function wordQueries(glosses: readonly Gloss[]): string[] {
  return chosen(seededRandom(seed + 1), [...new Set(glosses.map(({ lemmas }) => lemmas[0]!))]);
}

/** `count` of `texts`, in random order. The array is reordered. */
export function chosen(random: Random, texts: string[], count = queryCount): string[] {
  for (let i = 0; i < Math.min(count, texts.length); i++) {
    const other = i + random.below(texts.length - i);
    [texts[i], texts[other]] = [texts[other]!, texts[i]!];
  }
  return texts.slice(0, count);
}
