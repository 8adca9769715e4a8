import assert from 'node:assert/strict';
import { withClient } from '../with-client.js';
import { SearchMode, SparseRouting } from '../../../../proto/generated/shoal/v1/search.js';

describe('search of the client', () => {
  it('passes every option on', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      await client.search('notes', 'shoes', {
        k: 3,
        offset: 2,
        mode: 'multi',
        candidates: 50,
        nprobe: 4,
        weights: { dense: 1, sparse: 0.5, multi: 2 },
        rrf: true,
        sparse: 'rescore',
        scoreThreshold: 0.25,
        explain: true,
        minSequence: { uid: 'uid-notes', sequence: 9n },
        deadlineMs: 300,
        requireFull: true,
        filter: 'year == 5',
        exact: true,
      });
      assert.deepEqual(fake.searches[0], {
        collection: 'notes',
        query: 'shoes',
        vector: undefined,
        k: 3,
        offset: 2,
        mode: SearchMode.SEARCH_MODE_MULTI,
        candidates: 50,
        nprobe: 4,
        weights: { dense: 1, sparse: 0.5, multi: 2 },
        rrf: true,
        sparse: SparseRouting.SPARSE_ROUTING_RESCORE,
        scoreThreshold: 0.25,
        explain: true,
        minSequence: 9n,
        minSequenceUid: 'uid-notes',
        deadlineMs: 300,
        requireFull: true,
        filter: 'year == 5',
        exact: true,
        like: '',
      });
    }));

  it('gives null for scores that the mode has not', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'shoes', attributes: { year: 5n } }]);
      const { hits, coverage, timings, explanation } = await client.search('notes', 'shoes');
      assert.deepEqual(hits[0]?.scores, { dense: 1, sparse: null, multi: null });
      assert.equal(hits[0]?.title, null);
      assert.deepEqual(hits[0]?.attributes, { year: 5n });
      assert.equal(coverage.full, true);
      assert.equal(timings.totalMs, 5);
      assert.equal(explanation, null);
    }));

  it('sends a vector as float32', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      await client.search('notes', Float32Array.of(1, 2, 3), { mode: 'dense' });
      assert.deepEqual(fake.searches[0]?.vector, Buffer.from(Float32Array.of(1, 2, 3).buffer));
      assert.equal(fake.searches[0]?.query, '');
    }));

  it('asks for the neighbours of a document', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [
        { id: '1', text: 'a' },
        { id: '2', text: 'b' },
      ]);
      const { hits } = await client.search('notes', { like: '1' });
      assert.deepEqual(
        hits.map(({ id }) => id),
        ['2'],
      );
      assert.equal(fake.searches[0]?.like, '1');
    }));

  it('asks several questions at once, each with its own outcome', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'shoes' }]);
      const outcomes = await client.searchBatch('notes', ['shoes', 'partial'], { requireFull: true });
      assert.equal(outcomes[0]?.answer?.hits[0]?.id, '1');
      assert.deepEqual(outcomes[1]?.error, { code: 'UNAVAILABLE', message: 'shard 3 did not answer' });
      const many = Array.from({ length: 1_001 }, () => 'x');
      await assert.rejects(client.searchBatch('notes', many), { code: 'INVALID_ARGUMENT', message: /1001.*1000/ });
    }));
});
