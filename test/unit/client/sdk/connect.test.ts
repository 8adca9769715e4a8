import assert from 'node:assert/strict';
import { connect } from '../../../../client/sdk/connect.js';
import { startFakeCoordinator } from '../fake-coordinator.js';
import { withClient } from '../with-client.js';

describe('connect', () => {
  it('refuses what is no HOST:PORT', () => {
    for (const address of ['localhost', 'http://localhost:7420', 'a b:1', '']) {
      assert.throws(() => connect({ address }), { code: 'INVALID_ARGUMENT', message: /HOST:PORT/ });
    }
  });

  it('says that nobody is there when nobody is', async () => {
    const fake = await startFakeCoordinator();
    await fake.close();
    const client = connect({ address: fake.address });
    await assert.rejects(client.cluster.status(), {
      code: 'UNAVAILABLE',
      message: /no cluster answers at 127\.0\.0\.1/,
    });
    await client.close();
  });

  it('serves all four services over one connection, and closes twice without harm', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'shoes' }]);
      const { hits } = await client.search('notes', 'shoes');
      assert.equal(hits[0]?.id, '1');
      assert.deepEqual((await client.cluster.status()).collections, ['notes']);
      await client.close();
      await client.close();
    }));
});
