import assert from 'node:assert/strict';
import { LineIndex } from '../../../../../client/cli/import/line-index.js';

describe('the index of lines', () => {
  it('finds every position, over gaps and files', () => {
    const index = new LineIndex();
    const places = [
      [0, 1],
      [0, 2],
      [0, 5],
      [0, 6],
      [1, 1],
      [1, 9],
      [1, 10],
    ].map(([file = 0, line = 0]) => ({ file, line }));
    for (const place of places) index.add(place);
    assert.deepEqual(
      places.map((_, position) => index.find(position)),
      places,
    );
    assert.throws(() => index.find(7), { code: 'INTERNAL' });
  });
});
