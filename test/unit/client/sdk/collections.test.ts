import assert from 'node:assert/strict';
import { withClient } from '../with-client.js';

describe('collections of the client', () => {
  it('are created with what was asked, and described', () =>
    withClient(async (client) => {
      const created = await client.collections.create('papers', {
        model: 'none',
        dim: 8,
        replicas: 2,
        attributes: { year: 'int64', tags: 'string[]' },
        keepVectors: false,
        tokenPooling: 2,
      });
      assert.equal(created.uid, 'uid-papers');
      assert.deepEqual(created.attributes, { year: 'int64', tags: 'string[]' });
      assert.equal(created.keepVectors, false);
      assert.equal(created.tokenPooling, 2);
      assert.deepEqual(await client.collections.describe('papers'), { ...created, problems: [] });
      assert.deepEqual(await client.collections.list(), [created]);
    }));

  it('have aliases, which can be pointed elsewhere and dropped', () =>
    withClient(async (client) => {
      for (const name of ['one', 'two']) await client.collections.create(name);
      assert.deepEqual(await client.collections.setAlias('now', 'one'), { collection: 'one', uid: 'uid-one' });
      await client.collections.setAlias('now', 'two');
      assert.deepEqual(await client.collections.aliases(), { now: 'two' });
      await client.collections.dropAlias('now');
      assert.deepEqual(await client.collections.aliases(), {});
      await assert.rejects(client.collections.dropAlias('now'), { code: 'NOT_FOUND' });
    }));

  it('change only what is named', () =>
    withClient(async (client) => {
      assert.equal((await client.collections.create('notes')).tokenPooling, 1);
      assert.equal((await client.collections.update('notes', { replicas: 3 })).replicas, 3);
      const changed = await client.collections.update('notes', { targetRecall: 0.9 });
      assert.deepEqual([changed.replicas, changed.copies, changed.copiesServing], [3, 1, 1]);
    }));

  it('are dropped with the number of their documents', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'a' }]);
      assert.equal(await client.collections.drop('notes'), 1);
      await assert.rejects(client.collections.describe('notes'), { code: 'NOT_FOUND', message: /notes/ });
    }));

  it('are not created twice', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await assert.rejects(client.collections.create('notes'), { code: 'ALREADY_EXISTS' });
    }));
});
