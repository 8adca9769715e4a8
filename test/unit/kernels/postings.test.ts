import assert from 'node:assert/strict';
import { toFloat16 } from '../../../kernels/kernels.js';
import { searchPostings, type PostingsQuery } from '../../../kernels/postings.js';

function everyRow(rowCount: number, terms: number): PostingsQuery {
  const total = rowCount * terms;
  return {
    rows: Uint32Array.from({ length: total }, (_, at) => at % rowCount),
    weights: toFloat16(Float32Array.from({ length: total }, (_, at) => ((at * 37) % 101) / 101)),
    terms: Uint32Array.from({ length: 2 * terms }, (_, at) => Math.ceil(at / 2) * rowCount),
    factors: new Float32Array(terms).fill(1),
    live: null,
    ties: null,
    rowCount,
    k: 3,
    floor: 0,
  };
}

describe('the door to the search over postings', () => {
  it('gives the same from the event loop and from the pool', async () => {
    // 100 terms in every row are far over what is done at once; all sums of a row are equal then.
    const few = await searchPostings(everyRow(101, 1));
    const many = await searchPostings(everyRow(101 * 60, 100));
    assert.equal(few.rows.length, 3);
    assert.equal(many.rows.length, 3);
    assert.ok(many.scores[0]! > few.scores[0]! * 90);
    assert.equal(many.rows[1], many.rows[0]! + 101);
  });

  it('is cancelled by its signal', async () => {
    await assert.rejects(searchPostings(everyRow(101 * 60, 100), AbortSignal.abort()), { code: 'CANCELLED' });
  });

  it('asks for one row at least', async () => {
    await assert.rejects(searchPostings({ ...everyRow(10, 1), k: 0 }), { code: 'INTERNAL' });
  });
});
