/** Trains a multi-vector head towards a teacher's order of each query's candidates. */
import type { Random } from '../../base/random.js';
import type { StopSign } from '../stop-sign.js';
import type { MultiHead, RowMap } from './multi-head.js';
import { multiLoss, type MultiExample, type MultiGradient } from './multi-loss.js';
import type { Products } from './products.js';
import { trainHead, type HeadTask } from './train-head.js';

export interface MultiTraining {
  readonly epochs: number;
  /** Examples of a step. */
  readonly batch: number;
  /** Of the first step, in units of the matrix's root mean square. */
  readonly rate: number;
  /** The same for the importance of tokens; 0 leaves it. */
  readonly importanceRate: number;
  /** Of the head's scores. */
  readonly temperature: number;
  /** One map for documents and queries, which are equal in the start. */
  readonly isTied: boolean;
  readonly products: Products;
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  onEpoch?(epoch: number, heldOutLoss: number): void;
}

/** The head that training from `start` leads to: equal to `start` where nothing is better on the examples held out. As `trainHead`. */
export async function trainMulti(
  start: MultiHead,
  task: HeadTask<MultiExample>,
  training: MultiTraining,
): Promise<MultiHead> {
  const { temperature, products, isTied, importanceRate } = training;
  const head = copyOf(start);
  const rate = rootMeanSquare(head.documents.matrix) * training.rate;
  await trainHead(partsOf(head), task, {
    ...training,
    rates: [rate, rate, rate, rate, importanceRate],
    async lossOf(example) {
      const { loss, gradient } = await multiLoss(head, example, temperature, products);
      if (isTied) tie(gradient);
      return { loss, gradient: partsOf(gradient) };
    },
  });
  return head;
}

function partsOf({ documents, queries, importance }: MultiGradient): Float32Array[] {
  return [documents.matrix, documents.offset, queries.matrix, queries.offset, importance];
}

/** Gives both maps the sum of their gradients, so that equal maps stay equal. */
function tie({ documents, queries }: MultiGradient): void {
  for (const part of ['matrix', 'offset'] as const) {
    const sum = documents[part];
    queries[part].forEach((value, i) => (sum[i]! += value));
    queries[part].set(sum);
  }
}

function copyOf(head: MultiHead): MultiHead {
  const copy = ({ matrix, offset }: RowMap): RowMap => ({ matrix: matrix.slice(), offset: offset.slice() });
  return {
    ...head,
    documents: copy(head.documents),
    queries: copy(head.queries),
    importance: head.importance.slice(),
  };
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
