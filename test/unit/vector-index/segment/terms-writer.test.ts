import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { randomDocument, withSealed } from '../fixtures.js';

describe('writing terms', () => {
  it('gives postings in the order of rows, whatever the order of arrival', async () => {
    const documents = [30n, 10n, 20n].map((docId, at) => {
      const terms = { termIds: Uint32Array.of(5, 4_000_000_000), weights: Float32Array.of((at + 1) / 4, 1) };
      return { ...randomDocument(seededRandom(1), `id${docId}`, docId), terms };
    });
    await withSealed(documents, (segment) => {
      const { rows, weights, start, end } = segment.postings(5)!;
      assert.deepEqual([...rows.subarray(start, end)], [0, 1, 2]);
      // Halves of 0.5, 0.75 and 0.25.
      assert.deepEqual([...weights.subarray(start, end)], [0x3800, 0x3a00, 0x3400]);
      assert.deepEqual([...segment.termIds()], [5, 4_000_000_000]);
      assert.equal(segment.terms(0)?.weights[0], 0x3800);
    });
  });

  it('tells documents without terms from documents with none left', async () => {
    const none = { termIds: new Uint32Array(0), weights: new Float32Array(0) };
    const documents = [null, none].map((terms, at) => ({
      ...randomDocument(seededRandom(2), `id${at}`, BigInt(at + 1)),
      terms,
    }));
    await withSealed(documents, (segment) => {
      assert.deepEqual([segment.document(0).terms, segment.document(1).terms], [null, none]);
      assert.equal(segment.postings(1), null);
    });
  });
});
