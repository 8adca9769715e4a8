/** What is too much for one record is cut, in order, into as few as may be. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import { recordPieces } from '../../../../coordinator/ingest/record-pieces.js';

const cut = (count: number, headerBytes: number, bodyBytes: number): number[] =>
  recordPieces(
    Array.from({ length: count }, (_, i) => i),
    () => ({ headerBytes, bodyBytes }),
  ).map((piece) => piece.length);

describe('the pieces of a record', () => {
  it('hold a bounded number of entries, of bytes of headers and of body', () => {
    assert.deepEqual(cut(9_000, 1, 1), [4_096, 4_096, 808]);
    assert.deepEqual(cut(10, 1, 200 * 1024), [4, 4, 2]);
    assert.deepEqual(cut(5, 20 * 1024, 1), [2, 2, 1]);
  });

  it('keep the order, and leave what is too large for company alone', () => {
    const sizes = [1, limits.recordBodyBytesGrouped * 3, 1, 1];
    assert.deepEqual(
      recordPieces(sizes, (bodyBytes) => ({ headerBytes: 1, bodyBytes })),
      [[1], [sizes[1]], [1, 1]],
    );
  });

  it('of nothing are none', () => assert.deepEqual(cut(0, 1, 1), []));
});
