/**
 * Heads for the default model's backbone: what they are trained on, and what they are worth.
 *
 *   node --import tsx test/recall/heads/main.ts encode --cache DIR     once; half an hour on a core, 3 GB of files
 *   node --import tsx test/recall/heads/main.ts train  --cache DIR
 *   node --import tsx test/recall/heads/main.ts report --cache DIR --split train --collections scifact     what choices are made by
 *   node --import tsx test/recall/heads/main.ts report --cache DIR
 *
 * `--data` and `--source` are the folders of the labelled collections and of the source model. Training sees texts of SciFact's documents,
 * without any question or judgement; choices are made on SciFact's training questions. No other collection plays a part in either.
 */
import { parseArgs } from 'node:util';
import { collectionNames } from './collections.js';
import { encodeSets } from './encode.js';
import { report } from './report.js';
import { trainHeads } from './train.js';
import { trainingNames } from './training-text.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cache: { type: 'string' },
    data: { type: 'string', default: '../shared/data' },
    source: { type: 'string', default: '../shared/models/bge-small-en-v1.5' },
    threads: { type: 'string', default: '1' },
    collections: { type: 'string', default: collectionNames.join(',') },
    texts: { type: 'string', default: trainingNames.join(',') },
    heads: { type: 'string', default: 'sparse,multi' },
    dim: { type: 'string', default: '128' },
    seed: { type: 'string', default: '9' },
    split: { type: 'string', default: 'test' },
    weights: { type: 'string', default: '1,1,1' },
    near: { type: 'boolean', default: false },
  },
});

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

async function main(verb: string | undefined, cache: string): Promise<void> {
  const { data, source, split } = flags;
  const collections = listOf(flags.collections);
  const texts = listOf(flags.texts);
  if (verb === 'encode') await encodeSets(cache, { data, threads: Number(flags.threads), collections, texts });
  if (verb === 'train')
    await trainHeads(cache, {
      data,
      source,
      texts,
      dim: Number(flags.dim),
      seed: Number(flags.seed),
      heads: listOf(flags.heads),
      hasNear: flags.near,
    });
  if (verb !== 'report') return;
  const [dense = 1, sparse = 1, multi = 1] = listOf(flags.weights).map(Number);
  await report(cache, {
    data,
    source,
    split,
    collections,
    heads: listOf(flags.heads),
    weights: { dense, sparse, multi },
  });
}

if (flags.cache === undefined) throw new Error('give --cache DIR, a folder for encoded sets and heads');
await main(positionals[0], flags.cache);
process.exit(0);
