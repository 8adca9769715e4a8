import assert from 'node:assert/strict';
import { documentWeights, inverseDocumentFrequency } from '../../../../vector-index/sparse/bm25.js';

describe('BM25', () => {
  it('weighs a term of a document of average length by tf / (tf + k1)', () => {
    assert.deepEqual(documentWeights(Float32Array.of(1, 2), 100, 100), Float32Array.of(1 / 1.9, 2 / 2.9));
  });

  it('weighs terms of longer documents less', () => {
    assert.deepEqual(documentWeights(Float32Array.of(1), 200, 100), Float32Array.of(1 / (1 + 0.9 * (0.6 + 0.8))));
  });

  it('has a positive idf that falls with the document frequency, also when every document has the term', () => {
    assert.equal(inverseDocumentFrequency(10, 3), Math.log(1 + 7.5 / 3.5));
    assert.ok(inverseDocumentFrequency(10, 10) > 0);
    assert.ok(inverseDocumentFrequency(10, 9) > inverseDocumentFrequency(10, 10));
  });

  it('counts a frequency above the number of documents as that number', () => {
    assert.equal(inverseDocumentFrequency(10, 12), inverseDocumentFrequency(10, 10));
  });
});
