import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { seededRandom } from '../../../../base/random.js';
import { sortedPositions } from '../../../../vector-index/segment/sorted-positions.js';

function sortedBy(values: readonly number[], pause: () => void = () => undefined): Promise<Uint32Array> {
  const slices = {
    pause: () => {
      pause();
      return Promise.resolve();
    },
  };
  return sortedPositions(Uint32Array.from(values.keys()), (left, right) => values[left]! - values[right]!, slices);
}

describe('sorting in slices', () => {
  it('sorts any number of positions, equal ones in their order', async () => {
    const random = seededRandom(5);
    for (const count of [0, 1, 2, 511, 512, 513, 1025, 5000]) {
      const values = Array.from({ length: count }, () => random.below(300));
      const expected = [...values.keys()].sort((left, right) => values[left]! - values[right]! || left - right);
      assert.deepEqual([...(await sortedBy(values))], expected);
    }
  });

  it('pauses again and again', async () => {
    let pauses = 0;
    await sortedBy(
      Array.from({ length: 10_000 }, (_, at) => -at),
      () => (pauses += 1),
    );
    assert.ok(pauses > 50);
  });
});
