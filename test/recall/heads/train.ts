/** Trains both heads on text alone (training-text.ts) and writes them into the cache. */
import { join } from 'node:path';
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
import { multiHeadFile, sparseHeadFile, writeHead } from './head-files.js';
import { multiTask, questionsOf } from './multi-task.js';
import { nearWords } from './near-words.js';
import { levels, sparseTask } from './sparse-task.js';
import { readStart, writeAxes } from './start.js';
import { taught, type Taught } from './teacher.js';
import { trainingSource } from './training-text.js';

export interface TrainOptions {
  readonly data: string;
  /** Folder of the source model, whose word embeddings say which words are near. */
  readonly source: string;
  /** Sources of training-text.ts; the sparse head learns from the first. */
  readonly texts: readonly string[];
  /** Dimensions of the multi-vector head. */
  readonly dim: number;
  readonly heads: readonly string[];
  /** Whether the sparse head finds words near a query's, too. */
  readonly hasNear: boolean;
  readonly seed: number;
}

/** Rates of the multi-vector head's rounds, and of the sparse head's parts. */
const multiRates = [0.01, 0.006, 0.008, 0.005] as const;
const sparseRates = [0.02, 0.02, 0.05] as const;
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
  await writeAxes(
    cache,
    sources.map(({ documents }) => documents),
  );
  if (options.heads.includes('sparse')) await trainSparseHead(cache, sources, options, products);
  if (options.heads.includes('multi')) await trainMultiHead(cache, sources, options, products);
}

async function trainMultiHead(
  cache: string,
  sources: readonly Taught[],
  { dim, seed }: TrainOptions,
  products: Products,
): Promise<void> {
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
    await writeHead(join(cache, multiHeadFile), head);
  }
}

async function trainSparseHead(
  cache: string,
  [source]: readonly Taught[],
  options: TrainOptions,
  products: Products,
): Promise<void> {
  if (source === undefined) return;
  const near = options.hasNear ? await nearWords(options.source, cache, products) : null;
  const sampling = { documents: 24, temperature: 0.04, heldOut: 150, limit: 2_500 };
  const task = sparseTask(source, near, sampling, seededRandom(options.seed));
  const head = await trainSparse(sparseStart(rowDim, near === null ? 0 : levels), task, {
    epochs: 2,
    batch,
    rates: sparseRates,
    temperature: 0.2,
    sparsity: 0.02,
    random: seededRandom(options.seed + 1),
    onEpoch: (epoch, loss) => say(`sparse, after ${epoch} epochs: ${loss.toFixed(4)}`),
  });
  await writeHead(join(cache, sparseHeadFile), head);
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}
