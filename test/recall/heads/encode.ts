/** Encodes what heads are trained and judged on, each set once (encoded.ts). Sets that are there already stay. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import { fullText, readCollection, setName } from './collections.js';
import { encodeSet, hasSet, openBackbone, writeSet, type TextKind } from './encoded.js';
import { trainingSource } from './training-text.js';

export interface EncodeOptions {
  readonly data: string;
  readonly threads: number;
  readonly collections: readonly string[];
  readonly texts: readonly string[];
}

export async function encodeSets(cache: string, { data, threads, collections, texts }: EncodeOptions): Promise<void> {
  await mkdir(cache, { recursive: true });
  const backbone = await openBackbone(threads);
  const encodeOnce = async (name: string, kind: TextKind, own: readonly string[]): Promise<void> => {
    if (hasSet(cache, name)) return;
    say(`${name}: ${own.length} texts`);
    await writeSet(cache, name, await encodeSet(backbone, own, kind, (done) => say(`${name}: ${done}`)));
  };
  for (const name of collections) {
    const collection = readCollection(join(data, name));
    await encodeOnce(`${setName(name)}.queries`, 'queries', collection.queries);
    const bodies = collection.bodies.map((body, d) => fullText(collection.titles[d] ?? '', body));
    await encodeOnce(`${setName(name)}.documents`, 'documents', bodies);
  }
  for (const name of texts) {
    const { documents, queries } = await trainingSource(name, data);
    await encodeOnce(`${name}.queries`, 'queries', queries);
    if (documents !== null) await encodeOnce(`${name}.documents`, 'documents', documents);
  }
  await backbone.session.close();
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}
