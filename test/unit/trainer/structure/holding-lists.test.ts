import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { holdingLoss } from '../../../../trainer/structure/holding-lists.js';
import { differences, largestGap } from '../learned/differences.js';

const random = seededRandom(4);
const lists = 9;
const normals = () => Float64Array.from({ length: lists }, () => random.normal());

describe('the loss of lists that hold neighbours', () => {
  for (const copies of [1, 2])
    it(`has the gradient of finite differences, where a vector lies in ${copies}`, () => {
      const held = { wanted: Uint32Array.from({ length: 10 * copies }, (_, i) => (i * 5) % lists), copies };
      const scores = normals();
      const { gradient } = holdingLoss(scores, held);
      assert.ok(
        largestGap(
          gradient,
          differences(scores, () => holdingLoss(scores, held).loss),
        ) < 1e-7,
      );
    });

  it('is zero where the lists that are read first hold everything', () => {
    const scores = Float64Array.of(60, 0, 0);
    const { loss, gradient } = holdingLoss(scores, { wanted: Uint32Array.of(0, 0, 0), copies: 1 });
    assert.ok(loss < 1e-12 && gradient.every((slope) => Math.abs(slope) < 1e-12));
  });

  it('leads to either list of a neighbour that has no share of any', () => {
    const { gradient } = holdingLoss(Float64Array.of(0, -2_000, -2_000), { wanted: Uint32Array.of(1, 2), copies: 2 });
    assert.deepEqual([...gradient], [1, -0.5, -0.5]);
  });
});
