import assert from 'node:assert/strict';
import { gatherPostings } from '../../../../vector-index/sparse/gather-postings.js';
import { mutableOf, plainDocument, weakHash, withSealed } from '../fixtures.js';

const documents = [1n, 2n, 3n].map((docId) => {
  const termIds = docId === 2n ? Uint32Array.of(4) : Uint32Array.of(4, 8);
  return plainDocument(`id${docId}`, docId, {
    terms: { termIds, weights: new Float32Array(termIds.length).fill(0.5) },
  });
});
const query = { termIds: Uint32Array.of(8, 6, 4), factors: Float32Array.of(3, 2, 1) };

describe('gathering postings', () => {
  it('gives views of a sealed segment, in the order of the query', async () => {
    await withSealed(documents, (segment) => {
      const found = gatherPostings(segment, query)!;
      assert.deepEqual([...found.terms], [3, 5, 0, 3]);
      assert.deepEqual([...found.factors], [3, 1]);
      assert.equal(found.rows.buffer, segment.postings(4)!.rows.buffer);
    });
  });

  it('copies the postings of a growing one', () => {
    const found = gatherPostings(mutableOf(documents, weakHash), query)!;
    assert.deepEqual([...found.terms], [0, 2, 2, 5]);
    assert.deepEqual([...found.rows], [0, 2, 0, 1, 2]);
  });

  it('gives nothing where no term occurs', () => {
    const unknown = { termIds: Uint32Array.of(5), factors: Float32Array.of(1) };
    assert.equal(gatherPostings(mutableOf(documents, weakHash), unknown), null);
  });
});
