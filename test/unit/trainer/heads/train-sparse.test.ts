import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { sparseStart } from '../../../../trainer/heads/sparse-head.js';
import { sparseLoss, type SparseExample } from '../../../../trainer/heads/sparse-loss.js';
import { trainSparse } from '../../../../trainer/heads/train-sparse.js';
import type { SparseHead } from '../../../../vector-index/codebook/sparse-head.js';
import { inputDim, sparseExamples } from './sparse-scenes.js';

const penalty = { temperature: 0.5, sparsity: 0 };

function train(
  learned: readonly SparseExample[],
  heldOut: readonly SparseExample[],
  sparsity = 0,
): Promise<SparseHead> {
  const task = { count: learned.length, example: (number: number) => learned[number]!, heldOut };
  const options = { epochs: 5, batch: 8, rates: [0.1, 0.1] as const, temperature: penalty.temperature, sparsity };
  return trainSparse(sparseStart(inputDim), task, { ...options, random: seededRandom(1) });
}

describe('training of a sparse head', () => {
  const judged = sparseExamples(200, 2);
  /** Mean of the teacher's share of what the head puts first. */
  const agreementOf = (head: SparseHead): number =>
    judged.reduce((sum, example) => {
      const { scores } = sparseLoss(head, example, penalty);
      return sum + example.shares[scores.indexOf(Math.max(...scores))]!;
    }, 0) / judged.length;
  const start = agreementOf(sparseStart(inputDim));

  it('learns which words matter', async () => {
    const head = await train(sparseExamples(200, 1), sparseExamples(40, 4));
    const trained = agreementOf(head);
    assert.ok(trained > 1.2 * start, `${trained}, from ${start}`);
    const matters = head.queries[0]!;
    assert.ok(head.queries.slice(1, inputDim).every((other) => Math.abs(other) < matters / 2));
  });

  it('learns nothing from shares that stand beside the wrong documents', async () => {
    const trained = agreementOf(await train(sparseExamples(200, 1, true), sparseExamples(40, 4, true)));
    assert.ok(trained < 1.05 * start, `${trained}, from ${start}`);
  });

  it('lowers the weights of words in documents by the sparsity term', async () => {
    const [free, penalised] = await Promise.all(
      [0, 1].map((sparsity) => train(sparseExamples(200, 1), sparseExamples(40, 4), sparsity)),
    );
    assert.ok(penalised!.documents[inputDim]! < free!.documents[inputDim]! - 0.3);
  });
});
