/** Trains both heads on text alone (training-text.ts) and writes them into the cache. */
import { present } from '../../../base/assert.js';
import { systemClock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { sparseStart } from '../../../trainer/heads/sparse-head.js';
import { trainSparse } from '../../../trainer/heads/train-sparse.js';
import { rowDim } from './encoded.js';
import { openProducts } from './fast-products.js';
import { writeMultiHead, writeSparseHead } from './head-files.js';
import { fitHead, readSources } from './multi-fit.js';
import { sparseTask } from './sparse-task.js';
import { taught } from './teacher.js';
import { trainingSource } from './training-text.js';

export interface TrainOptions {
  readonly data: string;
  /** Sources of training-text.ts; the sparse head learns from the first. */
  readonly texts: readonly string[];
  /** Dimensions of the multi-vector head. */
  readonly dim: number;
  readonly heads: readonly string[];
  readonly seed: number;
}

/** Rates of the sparse head's parts, and examples of a step. */
const rates = [0.02, 0.02] as const;
const batch = 16;

export async function trainHeads(cache: string, options: TrainOptions): Promise<void> {
  const { texts, dim, seed, heads } = options;
  if (heads.includes('sparse')) await trainSparseHead(cache, options);
  if (!heads.includes('multi')) return;
  await writeMultiHead(cache, fitHead(await readSources(cache, texts), dim, seed));
  say('multi: fitted');
}

async function trainSparseHead(cache: string, { data, texts: [text], seed }: TrainOptions): Promise<void> {
  if (text === undefined) return;
  const { origins } = await trainingSource(text, data);
  const sets = present((await readSources(cache, [text]))[0], 'a source');
  const source = await taught(sets.documents, sets.queries, origins, await openProducts(1));
  say(`${text}: ${origins.length} passages taught`);
  const sampling = { documents: 24, temperature: 0.04, heldOut: 150, limit: 2_500 };
  const task = sparseTask(source, sampling, seededRandom(seed));
  const head = await trainSparse(sparseStart(rowDim), task, {
    epochs: 2,
    batch,
    rates,
    temperature: 0.2,
    sparsity: 0.02,
    random: seededRandom(seed + 1),
    onEpoch: (epoch, loss) => say(`sparse, after ${epoch} epochs: ${loss.toFixed(4)}`),
  });
  const training = { text: `${text} of test/recall/heads/training-text.ts`, passages: task.count, seed };
  await writeSparseHead(cache, { ...head, training });
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}
