/**
 * Documents a second into a trained collection beside an untrained one: through one real `shoal dev`, slices in turn, each from the first
 * request to the moment at which a search sees it.
 */
import type { Clock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { takenOver } from '../../../client/cli/eval/train-all.js';
import type { ShoalClient } from '../../../client/sdk/connect.js';
import type { Document } from '../../../client/sdk/types.js';
import { inFolder } from '../../temporary-folder.js';
import { dim, readyDocuments, withDev } from './ready-vectors.js';

export interface TrainedIngestOptions {
  /** Documents that the structure is trained on. */
  readonly before: number;
  /** Documents of one slice. */
  readonly slice: number;
  readonly slices: number;
  readonly clock: Clock;
  progress(line: string): void;
}

export interface TrainedIngestResult {
  /** Of the trained structure. */
  readonly lists: number;
  readonly documents: number;
  readonly documentsPerSecond: number;
  readonly untrainedPerSecond: number;
  /** What both collections hold in the end. */
  readonly contents: readonly string[];
}

const names = ['trained', 'untrained'] as const;

export function measureTrainedIngest(options: TrainedIngestOptions): Promise<TrainedIngestResult> {
  return inFolder((directory) => withDev(directory, (client) => measure(client, options)));
}

async function measure(client: ShoalClient, options: TrainedIngestOptions): Promise<TrainedIngestResult> {
  const { before, slice, slices, clock, progress } = options;
  const all = readyDocuments(seededRandom(11), before + slice * (slices + 1));
  for (const name of names) {
    // Random vectors have no structure that codes could find much in; what is measured is writing.
    await client.collections.create(name, { model: 'none', dim, targetRecall: 0.5 });
    await write(client, name, all.slice(0, before), clock);
  }
  const { published, reason, codebook } = await client.training.train('trained', { seed: 5 });
  if (!published) throw new Error(`nothing was published: ${reason}`);
  await takenOver(client, codebook.structureVersion, { collection: 'trained', clock });
  const { lists } = codebook;
  progress(`trained ${lists} lists on ${before} documents`);
  const times = { trained: 0, untrained: 0 };
  // The first slice warms up.
  for (let turn = 0; turn <= slices; turn += 1) {
    const documents = all.slice(before + turn * slice, before + (turn + 1) * slice);
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      const ms = await write(client, name, documents, clock);
      if (turn > 0) times[name] += ms;
    }
  }
  const documents = slice * slices;
  const counts = await Promise.all(names.map(async (name) => (await client.documents.count(name)).documents));
  return {
    ...{ lists, documents, contents: names.map((name, i) => `${name}: ${counts[i]} documents`) },
    documentsPerSecond: (1_000 * documents) / times.trained,
    untrainedPerSecond: (1_000 * documents) / times.untrained,
  };
}

/** Milliseconds until a search sees `documents`. */
async function write(client: ShoalClient, name: string, documents: readonly Document[], clock: Clock): Promise<number> {
  const beginMs = clock.monotonicMs();
  const { uid, sequence, written } = await client.documents.import(name, documents);
  const visible = { minSequence: { uid, sequence }, requireFull: true, deadlineMs: 60_000 };
  await client.search(name, documents[0]!.vector!, { k: 1, ...visible });
  if (written !== documents.length) throw new Error(`${written} of ${documents.length} documents were written`);
  return clock.monotonicMs() - beginMs;
}
