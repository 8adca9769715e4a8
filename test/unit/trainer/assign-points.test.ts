import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { centroidPanels } from '../../../kernels/training.js';
import { allRows, assignPoints, roomForBest } from '../../../trainer/assign-points.js';

const dim = 3;
const random = seededRandom(2);
const points = Float32Array.from({ length: 9_000 * dim }, () => random.normal());
const centroids = centroidPanels(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), null, dim);

describe('assigning points', () => {
  it('answers for a selection what it answers for all, over several pieces', () => {
    const all = roomForBest(9_000);
    assignPoints(allRows(points, dim), centroids, all);
    const order = Uint32Array.from({ length: 5_000 }, (_, i) => (i * 7) % 9_000);
    const some = roomForBest(5_000);
    let seen = 0;
    assignPoints({ points, dim, order, count: 5_000 }, centroids, some, {
      onPiece: (rows, first) => {
        assert.equal(rows[0], points[order[first]! * dim]);
        seen += rows.length / dim;
      },
    });
    assert.equal(seen, 5_000);
    order.forEach((row, i) => assert.equal(some.assignments[i], all.assignments[row]));
  });

  it('looks at its stop sign before every piece', () => {
    let pieces = 0;
    const signal = {
      get aborted() {
        return pieces === 2;
      },
    };
    const onPiece = (): void => void pieces++;
    const assign = (): void => assignPoints(allRows(points, dim), centroids, roomForBest(9_000), { signal, onPiece });
    assert.throws(assign, { code: 'CANCELLED' });
    assert.equal(pieces, 2);
  });
});
