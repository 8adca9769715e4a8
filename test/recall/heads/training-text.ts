/**
 * What heads are trained on, from text alone: documents, and passages to ask them with. No test query and no judgement is touched, and
 * of the collections that heads are judged on, documents of SciFact alone.
 *
 * The documents of a source are searched by its passages as a collection is by its queries; the passage's own document is among them.
 */
import { join } from 'node:path';
import { present } from '../../../base/assert.js';
import { seededRandom, type Random } from '../../../base/random.js';
import { readGlosses, wordnetFolder, type Gloss } from '../../../tools/demo/wordnet.js';
import { shuffledRows } from '../../../trainer/rows.js';
import { fullText, readCollection } from './collections.js';

export interface TrainingSource {
  readonly name: string;
  /** Null: those of the collection of this name, as it is encoded already. */
  readonly documents: readonly string[] | null;
  readonly queries: readonly string[];
  /** The document that each query was taken from. */
  readonly origins: readonly number[];
}

export const trainingNames = ['scifact-text', 'wordnet', 'others'] as const;

const seed = 11;
const wordnetDocuments = 3_000;
/** Words of a chunk of a long text: about what the model reads. */
const chunkWords = 170;
/** One document in so many of the smaller collections. */
const othersEvery = 3;

/** The source `name` of `trainingNames`; `data` is the folder of the collections. */
export async function trainingSource(name: string, data: string): Promise<TrainingSource> {
  if (name === 'scifact-text') return scifactText(data);
  return name === 'wordnet' ? wordnetText() : otherTexts(data);
}

function scifactText(data: string): TrainingSource {
  const { titles, bodies } = readCollection(join(data, 'scifact'));
  const random = seededRandom(seed);
  const pairs = bodies.flatMap((body, origin) => {
    const [sentence] = someSentences(body, 1, random);
    return [{ text: origin % 2 === 0 ? (titles[origin] ?? '') : (sentence ?? ''), origin }];
  });
  return { name: 'scifact-text', documents: null, ...split(pairs) };
}

async function wordnetText(): Promise<TrainingSource> {
  const random = seededRandom(seed);
  const glosses = await readGlosses(wordnetFolder());
  const order = shuffledRows(glosses.length, random).subarray(0, wordnetDocuments);
  const chosen = Array.from(order, (row) => present(glosses[row], 'a gloss'));
  const pairs = chosen.flatMap((gloss, origin) => {
    const examples = examplesOf(gloss);
    const words = gloss.lemmas.join(', ');
    return [words, ...examples.slice(0, 1)].map((text) => ({ text, origin }));
  });
  return { name: 'wordnet', documents: chosen.map(definitionOf), ...split(pairs) };
}

/** The smaller collections that no head is judged on. */
function otherTexts(data: string): TrainingSource {
  const random = seededRandom(seed);
  const documents: string[] = [];
  const pairs: { text: string; origin: number }[] = [];
  for (const name of ['time', 'adi', 'covidfaq', join('xquad', 'en')]) {
    const { titles, bodies } = readCollection(join(data, name));
    bodies.forEach((body, d) => {
      if (d % othersEvery !== 0) return;
      for (const chunk of chunksOf(fullText(titles[d] ?? '', body))) {
        for (const text of someSentences(chunk, 1, random)) pairs.push({ text, origin: documents.length });
        documents.push(chunk);
      }
    });
  }
  return { name: 'others', documents, ...split(pairs) };
}

function split(pairs: readonly { text: string; origin: number }[]): Pick<TrainingSource, 'queries' | 'origins'> {
  const kept = pairs.filter(({ text }) => text.length > 2);
  return { queries: kept.map(({ text }) => text), origins: kept.map(({ origin }) => origin) };
}

/** `count` sentences of `text` at random, of a length that people ask in. */
function someSentences(text: string, count: number, random: Random): string[] {
  const sentences = text.split(/(?<=[.!?])\s+/u).filter((one) => one.length >= 40 && one.length <= 300);
  const order = shuffledRows(sentences.length, random).subarray(0, count);
  return Array.from(order, (i) => present(sentences[i], 'a sentence'));
}

function chunksOf(text: string): string[] {
  const words = text.split(/\s+/u);
  const count = Math.ceil(words.length / chunkWords);
  return Array.from({ length: count }, (_, i) => words.slice(i * chunkWords, (i + 1) * chunkWords).join(' '));
}

/** A gloss is a definition and, behind it, examples in quotation marks. */
function definitionOf({ text }: Gloss): string {
  return text.replace(/;?\s*".*$/su, '');
}

function examplesOf({ text }: Gloss): string[] {
  return [...text.matchAll(/"([^"]+)"/gu)].map(([, example]) => example ?? '');
}
