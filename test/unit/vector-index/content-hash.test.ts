/** The hash of what an index holds tells differences of content, and nothing else. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { contentHash } from '../../../vector-index/content-hash.js';
import type { IndexDocument } from '../../../vector-index/document.js';
import { PinnedIndex } from '../../../vector-index/search/pinned-index.js';
import { SegmentState } from '../../../vector-index/segment/segment-state.js';
import { furtherPassage, plainDocument, randomDocuments, stateOf, withSealed } from './fixtures.js';

function hashOf(...segments: (readonly IndexDocument[])[]): bigint {
  return contentHash(new PinnedIndex(segments.map(stateOf)));
}

describe('the hash of a content', () => {
  it('does not depend on how documents lie in segments, or on where', async () => {
    const documents = randomDocuments(seededRandom(1), 40);
    const whole = hashOf(documents);
    assert.equal(hashOf([...documents].reverse().slice(0, 25), documents.slice(0, 15)), whole);
    await withSealed(documents, (segment) =>
      assert.equal(contentHash(new PinnedIndex([new SegmentState(segment, 'x')])), whole),
    );
  });

  it('leaves out what is dead', () => {
    const documents = randomDocuments(seededRandom(2), 5);
    const state = stateOf(documents);
    state.kill(2);
    assert.equal(contentHash(new PinnedIndex([state])), hashOf(documents.filter((_, at) => at !== 2)));
  });

  it('differs when anything differs', () => {
    const attributes = { a: 1n, b: ['x', 'y'] };
    const terms = { termIds: Uint32Array.of(1), weights: Float32Array.of(1) };
    const document = plainDocument('a', 1n, { title: 't', attributes, terms, dense: new Float32Array(16).fill(1) });
    const others: Partial<IndexDocument>[] = [
      { docId: 2n },
      { id: 'b' },
      { title: null },
      { text: 'other' },
      { list: 3 },
      { home: 3 },
      { start: 1 },
      { contentHash: 7n },
      { dense: new Float32Array(16) },
      { dense: null },
      { terms: null },
      { terms: { ...terms, weights: Float32Array.of(0.5) } },
      { tokens: { count: 0, rows: new Uint8Array(0), codec: '' } },
      { attributes: { ...attributes, a: 1 } },
      { attributes: { ...attributes, a: '1' } },
      { attributes: { ...attributes, b: ['xy'] } },
      { attributes: { a: 1n } },
      { attributes: { ...attributes, at: new Date(0) } },
    ];
    const hashes = new Set([hashOf([document]), hashOf([document, furtherPassage(document, 1)])]);
    for (const other of others) hashes.add(hashOf([{ ...document, ...other }]));
    assert.equal(hashes.size, others.length + 2);
    assert.equal(hashOf([{ ...document, attributes: { b: ['x', 'y'], a: 1n } }]), hashOf([document]));
  });
});
