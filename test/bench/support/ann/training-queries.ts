/**
 * Queries that structure may be learned from: of the same kinds as those that are measured, and none of them.
 *
 * *words* are other lemmas with the model's query prefix, *sentences* are other quoted examples, *excerpts* are short
 * runs of words out of the definitions themselves with the query prefix: what a collection can ask itself, knowing
 * nothing of its users. Encoded once and kept beside the glosses.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../../../base/random.js';
import { readGlosses, wordnetFolder, type Gloss } from '../../../../tools/demo/wordnet.js';
import { encodeTexts, loadDefaultModel, type EncodeTextsOptions, type InputKind } from './encode-texts.js';
import { chosen, definitionOf, glossFiles, sentenceQueries, sentencesOf, wordQueries } from './glosses.js';
import { readFloatRows, writeFloatRows, type FloatRows } from './npy-file.js';

export const trainingQuerySets = ['words', 'sentences', 'excerpts'] as const;
export type TrainingQuerySet = (typeof trainingQuerySets)[number];

const counts = { words: 24_000, sentences: 8_000, excerpts: 12_000 } as const;
const seed = 99;
/** Words shorter than this say little by themselves. */
const letterCountMin = 4;
const wordCountMax = 3;

/** float32[n, dim] of unit norm: the first `limit` training queries of a set, which is made now unless it is there. */
export async function trainingQueries(
  set: TrainingQuerySet,
  limit: number,
  options: EncodeTextsOptions,
): Promise<FloatRows> {
  const { folder } = await glossFiles(options);
  const path = join(folder, `training-${set}.npy`);
  if (!existsSync(path)) {
    const glosses = await readGlosses(wordnetFolder());
    const texts = trainingTexts(set, glosses);
    const { count, dim, values } = await encodeTexts(await loadDefaultModel(), texts, kindOf(set), options);
    await writeFloatRows(path, [count, dim], [values]);
  }
  return await readFloatRows(path, limit);
}

/** In random order, each text once, none that is measured. */
export function trainingTexts(set: TrainingQuerySet, glosses: readonly Gloss[]): string[] {
  const measured = new Set((set === 'sentences' ? sentenceQueries : wordQueries)(glosses).map(folded));
  const random = seededRandom(seed + trainingQuerySets.indexOf(set));
  const texts = [...new Set(textsOf(set, glosses, random))].filter((text) => !measured.has(folded(text)));
  return chosen(random, texts, counts[set]);
}

function textsOf(set: TrainingQuerySet, glosses: readonly Gloss[], random: Random): string[] {
  switch (set) {
    case 'words':
      return glosses.flatMap(({ lemmas }) => lemmas);
    case 'sentences':
      return glosses.flatMap(({ text }) => sentencesOf(text));
    case 'excerpts':
      return glosses.flatMap(({ text }) => excerptOf(definitionOf(text), random) ?? []);
  }
}

/** One to three words that follow each other, the first and the last of them long enough; null where there are none. */
function excerptOf(definition: string, random: Random): string | null {
  const words = definition.split(/[^\p{L}\p{N}'-]+/u).filter((word) => word !== '');
  const telling = [...words.keys()].filter((at) => words[at]!.length >= letterCountMin);
  if (telling.length === 0) return null;
  const first = telling[random.below(telling.length)]!;
  const last = telling.filter((at) => at >= first && at < first + 1 + random.below(wordCountMax)).at(-1) ?? first;
  return words.slice(first, last + 1).join(' ');
}

function kindOf(set: TrainingQuerySet): InputKind {
  return set === 'sentences' ? 'document' : 'query';
}

function folded(text: string): string {
  return text.trim().toLowerCase();
}
