/** Trains a sparse head towards a teacher's order of each query's candidates. */
import type { Random } from '../../base/random.js';
import type { SparseHead } from '../../vector-index/codebook/sparse-head.js';
import type { StopSign } from '../stop-sign.js';
import { sparseLoss, type SparseExample, type SparsePenalty } from './sparse-loss.js';
import { trainHead, type HeadTask } from './train-head.js';

export interface SparseTraining extends SparsePenalty {
  readonly epochs: number;
  /** Examples of a step. */
  readonly batch: number;
  /** Of the first step: by queries and documents; 0 leaves a part as it is. */
  readonly rates: readonly [queries: number, documents: number];
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  onEpoch?(epoch: number, heldOutLoss: number): void;
}

/** The head that training from `start` leads to: equal to `start` where nothing is better on the examples held out. As `trainHead`. */
export async function trainSparse(
  start: SparseHead,
  task: HeadTask<SparseExample>,
  training: SparseTraining,
): Promise<SparseHead> {
  const head = { queries: start.queries.slice(), documents: start.documents.slice() };
  await trainHead([head.queries, head.documents], task, {
    ...training,
    lossOf: (example) => Promise.resolve(sparseLoss(head, example, training)),
  });
  return head;
}
