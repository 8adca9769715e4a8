import assert from 'node:assert/strict';
import { withClient } from '../with-client.js';
import type { Document } from '../../../../client/sdk/types.js';
import type { DeleteDocumentsRequest, UpsertRequest } from '../../../../proto/generated/shoal/v1/documents.js';

const rich: Document = {
  id: 'a',
  title: 'Shoes',
  text: 'a cobbler mends shoes',
  attributes: { year: 1999n, tags: ['craft'] },
  vector: Float32Array.of(0.5, -1, 2),
  sparse: { termIds: Uint32Array.of(3, 9), weights: Float32Array.of(1, 0.25) },
  tokens: { count: 1, rows: new Uint8Array(Float32Array.of(1, 2).buffer), codec: '' },
};

describe('documents of the client', () => {
  it('come back as they were written, vectors and all', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const { sequence, results } = await client.documents.upsert('notes', [rich]);
      assert.equal(sequence, 7n);
      assert.deepEqual(results, [{ id: 'a', docId: 4096n, unchanged: false, error: null }]);
      const stored = await client.documents.get('notes', 'a', { withVectors: true });
      assert.deepEqual(stored, { uid: 'uid-notes', ...rich, docId: 4096n });
    }));

  it('say of each refused one why', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const { results } = await client.documents.upsert('notes', [{ id: 'bad', text: 'x' }]);
      assert.deepEqual(results[0]?.error, { code: 'INVALID_ARGUMENT', message: 'the fake refuses it' });
    }));

  it('are deleted and counted', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [
        { id: '1', text: 'x' },
        { id: '2', text: 'y' },
      ]);
      assert.equal((await client.documents.delete('notes', ['1', 'unknown'])).deleted, 1);
      assert.equal((await client.documents.count('notes')).documents, 1);
      await assert.rejects(client.documents.get('notes', '1'), { code: 'NOT_FOUND' });
    }));

  it('are written on conditions, under a name for the write', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      const conditions = [{ ifAbsent: true } as const, null];
      const both = ['1', '2'].map((id) => ({ id, text: id }));
      await client.documents.upsert('notes', both, { conditions, writeId: 'w1' });
      await client.documents.delete('notes', ['1'], { conditions: [{ ifDocId: 4096n }] });
      const [, upsert, remove] = fake.requests as [unknown, UpsertRequest, DeleteDocumentsRequest];
      assert.deepEqual([upsert.writeId, upsert.conditions[0]?.ifAbsent], ['w1', true]);
      assert.deepEqual(upsert.conditions[1], { ifDocId: undefined, ifAbsent: undefined });
      assert.equal(remove.conditions[0]?.ifDocId, 4096n);
    }));

  it('get attributes set and removed', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [rich]);
      const { docId, sequence } = await client.documents.set('notes', 'a', { year: 2000n }, ['tags']);
      assert.deepEqual([docId, sequence], [8192n, 13n]);
      assert.deepEqual((await client.documents.get('notes', 'a')).attributes, { year: 2000n });
    }));

  it('are deleted, counted and scrolled over by a filter', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const documents = ['1', '2', '3'].map((id) => ({ id, text: id, attributes: { year: BigInt(id) } }));
      await client.documents.upsert('notes', documents);
      assert.equal((await client.documents.count('notes', { filter: 'year == 2' })).documents, 1);
      assert.equal((await client.documents.deleteWhere('notes', 'year == 2')).deleted, 1);
      const ids: string[] = [];
      for await (const { id } of client.documents.scroll('notes', { afterId: '1' })) ids.push(id);
      assert.deepEqual(ids, ['3']);
    }));

  it('are not all counted, listed or deleted by a filter that is empty', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const empty = { code: 'INVALID_ARGUMENT', message: 'the filter is empty; leave it out, or write a condition' };
      const { documents } = client;
      await assert.rejects(documents.count('notes', { filter: '' }), empty);
      await assert.rejects(documents.scroll('notes', { filter: '' }).next(), empty);
      await assert.rejects(documents.deleteWhere('notes', ''), empty);
      await assert.rejects(client.search('notes', 'shoes', { filter: '' }), empty);
    }));

  it('are scrolled over, and a loop may be left early', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert(
        'notes',
        ['1', '2', '3'].map((id) => ({ id, text: id })),
      );
      const ids: string[] = [];
      for await (const document of client.documents.scroll('notes')) {
        ids.push(document.id);
        if (ids.length === 2) break;
      }
      assert.deepEqual(ids, ['1', '2']);
    }));

  it('of an unknown collection cannot be scrolled over', () =>
    withClient(async (client) => {
      await assert.rejects(client.documents.scroll('nothing').next(), { code: 'NOT_FOUND' });
    }));
});
