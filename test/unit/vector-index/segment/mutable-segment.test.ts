import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { MutableSegment, versionNumber } from '../../../../vector-index/segment/mutable-segment.js';
import { dim, mutableOf, randomDocument, randomDocuments, weakHash } from '../fixtures.js';

describe('a mutable segment', () => {
  it('gives every document back as it was written', () => {
    const documents = randomDocuments(seededRandom(1), 100);
    const segment = mutableOf(documents, weakHash);
    assert.deepEqual(
      documents.map((_, row) => segment.document(row)),
      documents,
    );
  });

  it('keeps nothing of the arrays it was given', () => {
    const document = { ...randomDocument(seededRandom(2), 'a', 1n), dense: new Float32Array(dim).fill(1) };
    const segment = mutableOf([document], weakHash);
    document.dense.fill(2);
    assert.deepEqual(segment.document(0).dense, new Float32Array(dim).fill(1));
  });

  it('finds rows by docId and all versions by id', () => {
    const random = seededRandom(3);
    const segment = mutableOf(
      [randomDocument(random, 'a', 4n), randomDocument(random, 'b', 5n), randomDocument(random, 'a', 6n)],
      weakHash,
    );
    assert.deepEqual([segment.rowOf(5n, 0), segment.rowOf(7n, 0), segment.rowOf(5n, 1)], [1, -1, -1]);
    assert.deepEqual([segment.rowsOfId({ id: 'a' }), segment.rowsOfId({ id: 'c' })], [[0, 2], []]);
  });

  it('knows whether docIds ascend', () => {
    const random = seededRandom(4);
    assert.equal(
      mutableOf([randomDocument(random, 'a', 1n), randomDocument(random, 'b', 2n)], weakHash).isOrdered,
      true,
    );
    assert.equal(
      mutableOf([randomDocument(random, 'a', 2n), randomDocument(random, 'b', 1n)], weakHash).isOrdered,
      false,
    );
  });

  it('lists the rows of a term in order', () => {
    const random = seededRandom(5);
    const terms = { termIds: Uint32Array.of(7), weights: Float32Array.of(0.5) };
    const segment = mutableOf(
      [0n, 1n, 2n].map((at) => ({ ...randomDocument(random, `id${at}`, at + 1n), terms: at === 1n ? null : terms })),
      weakHash,
    );
    const { rows, weights, start, end } = segment.postings(7)!;
    assert.deepEqual([...rows.subarray(start, end)], [0, 2]);
    assert.deepEqual([...weights.subarray(start, end)], [0x3800, 0x3800]);
    assert.equal(segment.postings(8), null);
  });

  it('grows in bytes with what it holds', () => {
    const segment = new MutableSegment(dim);
    segment.add({ ...randomDocument(seededRandom(6), 'a', 1n), text: 'x'.repeat(5000) }, 0n);
    assert.ok(segment.bytes > 5000 && segment.bytes < 8000);
  });

  it('numbers codec versions in the order of their appearance', () => {
    const versions: string[] = [];
    assert.deepEqual(
      ['a', '', 'a'].map((version) => versionNumber(versions, version)),
      [0, 1, 0],
    );
  });
});
