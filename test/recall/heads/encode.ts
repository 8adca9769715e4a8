/**
 * Encodes what heads are trained and judged on, each set once (encoded.ts).
 *
 *   node --import tsx test/recall/heads/encode.ts --cache DIR [--threads 1] [--only scifact,wordnet]
 *
 * About half an hour on one core, 3 GB of files. Sets that are there already stay.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../base/clock.js';
import { collectionNames, fullText, readCollection } from './collections.js';
import { encodeSet, hasSet, openBackbone, writeSet, type TextKind } from './encoded.js';
import { trainingNames, trainingSource } from './training-text.js';

const { values: flags } = parseArgs({
  options: {
    cache: { type: 'string' },
    data: { type: 'string', default: '../shared/data' },
    threads: { type: 'string', default: '1' },
    only: { type: 'string', default: collectionNames.join(',') },
    texts: { type: 'string', default: trainingNames.join(',') },
  },
});

async function main(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const backbone = await openBackbone(Number(flags.threads));
  const encodeOnce = async (name: string, kind: TextKind, texts: readonly string[]): Promise<void> => {
    if (hasSet(cache, name)) return;
    say(`${name}: ${texts.length} texts`);
    await writeSet(cache, name, await encodeSet(backbone, texts, kind, (done) => say(`${name}: ${done}`)));
  };
  for (const name of flags.only === '' ? [] : flags.only.split(',')) {
    const collection = readCollection(join(flags.data, name));
    await encodeOnce(`${name}.queries`, 'queries', collection.queries);
    const texts = collection.bodies.map((body, d) => fullText(collection.titles[d] ?? '', body));
    await encodeOnce(`${name}.documents`, 'documents', texts);
  }
  for (const name of flags.texts === '' ? [] : flags.texts.split(',')) {
    const { documents, queries } = await trainingSource(name, flags.data);
    await encodeOnce(`${name}.queries`, 'queries', queries);
    if (documents !== null) await encodeOnce(`${name}.documents`, 'documents', documents);
  }
  await backbone.session.close();
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}

if (flags.cache === undefined) throw new Error('give --cache DIR, a folder for the encoded sets');
await main(flags.cache);
