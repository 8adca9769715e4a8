import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { sparseStart } from '../../../../trainer/heads/sparse-head.js';
import { sparseLoss } from '../../../../trainer/heads/sparse-loss.js';
import type { SparseHead } from '../../../../vector-index/codebook/sparse-head.js';
import { inputDim, sparseExamples } from './sparse-scenes.js';

const penalty = { temperature: 0.5, sparsity: 0.3 };
const step = 1e-3;

function randomHead(): SparseHead {
  const random = seededRandom(6);
  const head = sparseStart(inputDim);
  for (const part of [head.queries, head.documents]) part.forEach((_, i) => (part[i] = random.normal()));
  return head;
}

describe('the loss of a sparse head', () => {
  const [example] = sparseExamples(1, 3);
  assert.ok(example !== undefined);

  for (const [position, name] of (['queries', 'documents'] as const).entries()) {
    it(`has the gradient of finite differences by ${name}`, () => {
      const head = randomHead();
      const part = head[name];
      const found = sparseLoss(head, example, penalty).gradient[position]!;
      assert.ok(found.some((slope) => Math.abs(slope) > 0.01));
      part.forEach((value, i) => {
        const lossAt = (to: number): number => {
          part[i] = to;
          return sparseLoss(head, example, penalty).loss;
        };
        const [above, below] = [Math.fround(value + step), Math.fround(value - step)];
        const slope = (lossAt(above) - lossAt(below)) / (above - below);
        part[i] = value;
        assert.ok(
          Math.abs(slope - found[i]!) < 1e-5 + 1e-4 * Math.abs(slope),
          `${name}[${i}]: ${slope}, not ${found[i]}`,
        );
      });
    });
  }

  it('scores with the sum of BM25 where no weight was learned', () => {
    const { scores } = sparseLoss(sparseStart(inputDim), example, penalty);
    example.matches.forEach((own, d) => {
      const wanted = own.reduce((sum, { value }) => sum + value, 0);
      assert.ok(Math.abs(scores[d]! - wanted) < 1e-6);
    });
  });
});
