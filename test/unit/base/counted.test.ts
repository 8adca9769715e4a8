import assert from 'node:assert/strict';
import { counted, grouped } from '../../../base/counted.js';

describe('counts in texts', () => {
  it('have commas between thousands', () =>
    assert.deepEqual([grouped(999), grouped(1_234_567), grouped(1_234n)], ['999', '1,234,567', '1,234']));

  it('stand before one, or before several', () => {
    assert.deepEqual(
      [0, 1, 2_000].map((count) => counted(count, 'list')),
      ['0 lists', '1 list', '2,000 lists'],
    );
    assert.deepEqual([counted(1n, 'document'), counted(2n, 'document')], ['1 document', '2 documents']);
    assert.deepEqual(
      [1, 2].map((count) => counted(count, 'query', 'queries')),
      ['1 query', '2 queries'],
    );
  });
});
