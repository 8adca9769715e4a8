/** Trains both heads on text alone (training-text.ts) and writes them into the cache. */
import { present } from '../../../base/assert.js';
import { systemClock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { evenHead } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import { sparseStart } from '../../../trainer/heads/sparse-head.js';
import { trainMulti } from '../../../trainer/heads/train-multi.js';
import { trainSparse } from '../../../trainer/heads/train-sparse.js';
import { readSet, rowDim } from './encoded.js';
import { openProducts } from './fast-products.js';
import { writeMultiHead, writeSparseHead } from './head-files.js';
import { multiTask, questionsOf } from './multi-task.js';
import { sparseTask } from './sparse-task.js';
import { readStart, writeAxes } from './start.js';
import { taught, type Taught } from './teacher.js';
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

/** Rates of the multi-vector head's rounds, and of the sparse head's parts. */
const multiRates = [0.01, 0.006, 0.008, 0.005] as const;
const sparseRates = [0.02, 0.02] as const;
const batch = 16;
/** Of all sources together. */
const passagesMax = 9_700;

export async function trainHeads(cache: string, options: TrainOptions): Promise<void> {
  const products = await openProducts(1);
  const sources: Taught[] = [];
  for (const name of options.texts) {
    const { documents, origins } = await trainingSource(name, options.data);
    const documentSet = await readSet(cache, documents === null ? 'scifact.documents' : `${name}.documents`);
    sources.push(await taught(documentSet, await readSet(cache, `${name}.queries`), origins, products));
    say(`${name}: ${origins.length} passages taught`);
  }
  if (options.heads.includes('sparse')) await trainSparseHead(cache, sources, options);
  if (options.heads.includes('multi')) await trainMultiHead(cache, sources, options, products);
}

async function trainMultiHead(
  cache: string,
  sources: readonly Taught[],
  { dim, seed }: TrainOptions,
  products: Products,
): Promise<void> {
  await writeAxes(
    cache,
    sources.map(({ documents }) => documents),
  );
  const sampling = { best: 6, others: 8, rows: 16, temperature: 0.02, heldOut: 100 };
  const questions = questionsOf(sources, sampling, passagesMax, seededRandom(seed));
  let head = evenHead(rowDim, present(await readStart(cache, dim), 'axes'));
  for (const [round, rate] of multiRates.entries()) {
    const task = await multiTask(questions, sampling, { head, products, random: seededRandom(seed + round + 1) });
    head = await trainMulti(head, task, {
      epochs: 1,
      batch,
      rate,
      importanceRate: rate / 2,
      temperature: 0.02,
      isTied: true,
      products,
      random: seededRandom(seed + round),
      onEpoch: (epoch, loss) =>
        say(`multi, round ${round + 1}, ${epoch === 0 ? 'before' : 'after'}: ${loss.toFixed(4)}`),
    });
    await writeMultiHead(cache, head);
  }
}

async function trainSparseHead(
  cache: string,
  [source]: readonly Taught[],
  { texts, seed }: TrainOptions,
): Promise<void> {
  if (source === undefined) return;
  const sampling = { documents: 24, temperature: 0.04, heldOut: 150, limit: 2_500 };
  const task = sparseTask(source, sampling, seededRandom(seed));
  const head = await trainSparse(sparseStart(rowDim), task, {
    epochs: 2,
    batch,
    rates: sparseRates,
    temperature: 0.2,
    sparsity: 0.02,
    random: seededRandom(seed + 1),
    onEpoch: (epoch, loss) => say(`sparse, after ${epoch} epochs: ${loss.toFixed(4)}`),
  });
  const text = `${texts[0] ?? ''} of test/recall/heads/training-text.ts`;
  await writeSparseHead(cache, { ...head, training: { text, passages: task.count, seed } });
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}
