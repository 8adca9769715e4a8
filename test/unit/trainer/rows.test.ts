import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { normalizeRows, sampleRows } from '../../../trainer/rows.js';

describe('sampling rows', () => {
  it('takes different rows', () => {
    const points = Float32Array.from({ length: 10 }, (_, i) => i);
    const all = sampleRows(points, 1, { count: 10, random: seededRandom(9) });
    assert.deepEqual(
      [...all].sort((a, b) => a - b),
      [...points],
    );
  });
});

describe('normalizing rows', () => {
  it('leaves rows of zeros', () => {
    const rows = Float32Array.of(3, 4, 0, 0);
    normalizeRows(rows, 2);
    assert.deepEqual([...rows], [Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });
});
