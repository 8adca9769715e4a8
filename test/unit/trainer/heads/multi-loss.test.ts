import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { evenHead, type MultiHead } from '../../../../trainer/heads/multi-head.js';
import { listLoss, multiLoss, softmax, type MultiGradient } from '../../../../trainer/heads/multi-loss.js';
import { examples, inputDim, products } from './scenes.js';

const dim = 8;
const temperature = 0.1;
const step = 2e-3;

function randomHead(): MultiHead {
  const random = seededRandom(5);
  const normals = (count: number, size: number): Float32Array =>
    Float32Array.from({ length: count }, () => random.normal() * size);
  const head = evenHead(inputDim, { matrix: normals(inputDim * dim, 0.5), offset: normals(dim, 0.2) });
  head.queries.matrix.set(normals(inputDim * dim, 0.5));
  head.queries.offset.set(normals(dim, 0.2));
  head.importance.set(normals(inputDim, 1));
  return head;
}

const partsOf = ({ documents, queries, importance }: MultiGradient): Record<string, Float32Array> => ({
  'documents.matrix': documents.matrix,
  'documents.offset': documents.offset,
  'queries.matrix': queries.matrix,
  'queries.offset': queries.offset,
  importance,
});

describe('the loss of a multi-vector head', () => {
  const [example] = examples(1, 3);
  assert.ok(example !== undefined);

  for (const name of ['documents.matrix', 'documents.offset', 'queries.matrix', 'queries.offset', 'importance']) {
    it(`has the gradient of finite differences by ${name}`, async () => {
      const head = randomHead();
      const part = partsOf(head)[name]!;
      const { gradient } = await multiLoss(head, example, temperature, products);
      const found = partsOf(gradient)[name]!;
      assert.ok(found.some((slope) => Math.abs(slope) > 0.02));
      for (let i = 0; i < part.length; i += 3) {
        const value = part[i]!;
        const lossAt = async (to: number): Promise<number> => {
          part[i] = to;
          return (await multiLoss(head, example, temperature, products)).loss;
        };
        const slope = ((await lossAt(value + step)) - (await lossAt(value - step))) / (2 * step);
        part[i] = value;
        assert.ok(
          Math.abs(slope - found[i]!) < 2e-3 + 0.01 * Math.abs(slope),
          `${name}[${i}]: ${slope}, not ${found[i]}`,
        );
      }
    });
  }

  it('is the teacher’s entropy where the head scores as the teacher does', () => {
    const scores = [0.3, 0.1, -0.2];
    const { shares } = softmax(scores, temperature);
    const { loss, slopes } = listLoss(scores, shares, temperature);
    const entropy = shares.reduce((sum, share) => sum - share * Math.log(share), 0);
    assert.ok(Math.abs(loss - entropy) < 1e-12);
    assert.ok(slopes.every((slope) => Math.abs(slope) < 1e-12));
  });

  it('does not overflow where a document is hopeless', () => {
    const { loss, slopes } = listLoss([1, -1], Float64Array.of(0, 1), 1e-3);
    assert.ok(Math.abs(loss - 2_000) < 1e-6);
    assert.deepEqual([...slopes], [1_000, -1_000]);
  });
});
