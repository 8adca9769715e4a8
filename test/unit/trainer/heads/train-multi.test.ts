import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { evenHead, type MultiHead } from '../../../../trainer/heads/multi-head.js';
import { multiLoss, softmax, type MultiExample } from '../../../../trainer/heads/multi-loss.js';
import { principalAxes } from '../../../../trainer/heads/principal-axes.js';
import { projectionStart } from '../../../../trainer/heads/projection-start.js';
import { trainMulti } from '../../../../trainer/heads/train-multi.js';
import { examples, inputDim, products } from './scenes.js';

const dim = 8;
const temperature = 0.1;

function startOf(from: readonly MultiExample[]): MultiHead {
  const rows = Float32Array.from(from.flatMap(({ documents }) => [...documents]));
  return evenHead(inputDim, projectionStart(principalAxes(rows, inputDim), dim, 0));
}

async function train(learned: readonly MultiExample[], heldOut: readonly MultiExample[]): Promise<MultiHead> {
  const task = { count: learned.length, example: (number: number) => learned[number]!, heldOut };
  const options = { epochs: 3, batch: 8, rate: 0.1, importanceRate: 0.01, temperature, isTied: true };
  return trainMulti(startOf(learned), task, { ...options, products, random: seededRandom(1) });
}

/** The example whose teacher is `head` itself, which nothing can serve better. */
async function asScoredBy(head: MultiHead, example: MultiExample): Promise<MultiExample> {
  const { scores } = await multiLoss(head, example, temperature, products);
  return { ...example, shares: softmax(scores, temperature).shares };
}

describe('training of a multi-vector head', () => {
  const learned = examples(300, 1);
  const judged = examples(150, 2);
  /** Mean of the teacher's share of what the head puts first: what is left of it after softening scores is order alone. */
  const agreementOf = async (head: MultiHead): Promise<number> => {
    let sum = 0;
    for (const example of judged) {
      const { scores } = await multiLoss(head, example, temperature, products);
      sum += example.shares[scores.indexOf(Math.max(...scores))]!;
    }
    return sum / judged.length;
  };

  it('comes nearer to the teacher than principal axes on queries that it never saw', async () => {
    const start = await agreementOf(startOf(learned));
    const trained = await agreementOf(await train(learned, examples(40, 4)));
    assert.ok(trained > 1.15 * start, `${trained}, from ${start}`);
  });

  it('does not from shares that stand beside the wrong documents', async () => {
    const start = await agreementOf(startOf(learned));
    const shuffled = examples(300, 1, true);
    const trained = await agreementOf(await train(shuffled, examples(40, 4, true)));
    assert.ok(trained < 1.05 * start, `${trained}, from ${start}`);
  });

  it('keeps one map for both sides where it is told to, and the start untouched', async () => {
    const start = startOf(learned);
    const before = start.documents.matrix.slice();
    const head = await train(learned, judged);
    assert.deepEqual(head.queries, head.documents);
    assert.notDeepEqual(head.documents.matrix, before);
    assert.deepEqual(start.documents.matrix, before);
  });

  it('gives the start where nothing better is found', async () => {
    const start = startOf(learned);
    const content = await Promise.all(examples(10, 4).map((example) => asScoredBy(start, example)));
    const task = { count: learned.length, example: (number: number) => learned[number]!, heldOut: content };
    const options = { epochs: 1, batch: 8, rate: 0.5, importanceRate: 0, temperature, isTied: true };
    assert.deepEqual(await trainMulti(start, task, { ...options, products, random: seededRandom(1) }), start);
  });

  it('ends with CANCELLED at once when it is stopped', async () => {
    const task = { count: learned.length, example: (number: number) => learned[number]!, heldOut: judged };
    const options = { epochs: 1, batch: 8, rate: 0.1, importanceRate: 0, temperature, isTied: true };
    await assert.rejects(
      trainMulti(startOf(learned), task, { ...options, products, random: seededRandom(1), signal: { aborted: true } }),
      { code: 'CANCELLED' },
    );
  });
});
