/**
 * Heads for the default model's backbone: what they are trained on, and what they are worth.
 *
 *   node --import tsx test/recall/heads/main.ts encode --cache DIR     once; half an hour on a core, 3 GB of files
 *   node --import tsx test/recall/heads/main.ts train  --cache DIR
 *   node --import tsx test/recall/heads/main.ts held-out --cache DIR   how far the multi-vector head keeps the order of raw rows
 *   node --import tsx test/recall/heads/main.ts report --cache DIR --split train --collections scifact     what choices are made by
 *   node --import tsx test/recall/heads/main.ts report --cache DIR
 *   node --import tsx test/recall/heads/main.ts fusion --cache DIR     what is shipped, alone and together; wants encoded sets alone
 *
 * `--data` is the folder of the labelled collections. Training sees texts of SciFact's documents, of WordNet and of collections that no head is
 * judged on, without any question or judgement. Choices about the sparse head are made on SciFact's training questions, those about the
 * multi-vector head on passages held out. With `--heads sparse` `train` and `report` do without the other head; the sparse one learns from
 * the first of `--texts`, the other from all. A report of test questions stands in its file, which `npm run model -- --sparse-head FILE` ships.
 */
import { parseArgs } from 'node:util';
import { collectionNames } from './collections.js';
import { encodeSets } from './encode.js';
import { reportFusion } from './fusion-report.js';
import { reportHeldOut } from './held-out.js';
import { report } from './report.js';
import { trainHeads } from './train.js';
import { trainingNames } from './training-text.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cache: { type: 'string' },
    data: { type: 'string', default: '../shared/data' },
    threads: { type: 'string', default: '1' },
    collections: { type: 'string', default: collectionNames.join(',') },
    texts: { type: 'string', default: trainingNames.join(',') },
    heads: { type: 'string', default: 'sparse,multi' },
    dim: { type: 'string', default: '128' },
    seed: { type: 'string', default: '9' },
    split: { type: 'string', default: 'test' },
    weights: { type: 'string', default: '1,1,1' },
    json: { type: 'boolean', default: false },
  },
});

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

async function main(verb: string | undefined, cache: string): Promise<void> {
  const { data, split } = flags;
  const collections = listOf(flags.collections);
  const texts = listOf(flags.texts);
  if (verb === 'encode') await encodeSets(cache, { data, threads: Number(flags.threads), collections, texts });
  if (verb === 'train')
    await trainHeads(cache, {
      data,
      texts,
      dim: Number(flags.dim),
      seed: Number(flags.seed),
      heads: listOf(flags.heads),
    });
  if (verb === 'fusion') await reportFusion(cache, { data, split, collections, isJson: flags.json });
  if (verb === 'held-out') await reportHeldOut(cache, { texts, isJson: flags.json });
  if (verb !== 'report') return;
  const [dense = 1, sparse = 1, multi = 1] = listOf(flags.weights).map(Number);
  await report(cache, {
    data,
    split,
    collections,
    texts,
    heads: listOf(flags.heads),
    weights: { dense, sparse, multi },
    isJson: flags.json,
  });
}

if (flags.cache === undefined) throw new Error('give --cache DIR, a folder for encoded sets and heads');
await main(positionals[0], flags.cache);
process.exit(0);
