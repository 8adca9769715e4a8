/** Collections over the wire. */
import assert from 'node:assert/strict';
import { createBare, numberedDocuments, SmallCluster } from '../../../cluster/small-cluster.js';

describe('the service of collections', () => {
  let cluster: SmallCluster;
  before(async () => (cluster = await SmallCluster.start({ encoder: {} })));
  after(() => cluster.close());

  it('creates, describes, lists and changes', async () => {
    const { collections, documents } = cluster.client;
    const created = await collections.create('a', { model: 'none', dim: 2, attributes: { year: 'int64' } });
    assert.deepEqual([created.name, created.documents, created.shards, created.lists], ['a', 0, 1, 1]);
    await collections.create('b');
    await documents.upsert('a', numberedDocuments(3));
    assert.equal((await collections.describe('a')).documents, 3);
    assert.deepEqual(
      (await collections.list()).map(({ name, model }) => [name, model]),
      [
        ['a', 'none'],
        ['b', 'toy'],
      ],
    );
    assert.equal((await collections.update('a', { targetRecall: 0.8 })).targetRecall, 0.8);
    assert.equal((await collections.describe('a')).targetRecall, 0.8);
  });

  it('drops with all documents; a new collection of the name is empty and has another uid', async () => {
    const { collections, documents } = cluster.client;
    await createBare(cluster, 'short');
    const { uid } = await documents.upsert('short', numberedDocuments(4));
    assert.equal(await collections.drop('short'), 4);
    await assert.rejects(collections.describe('short'), { code: 'NOT_FOUND' });
    await createBare(cluster, 'short');
    const again = await collections.describe('short');
    assert.notEqual(again.uid, uid);
    assert.equal(again.documents, 0);
  });

  it('lists a collection that cannot be read with what is known of it; the status says why', async () => {
    await createBare(cluster, 'dim');
    await cluster.client.documents.upsert('dim', numberedDocuments(2));
    await cluster.stopNode('shard-1');
    const listed = (await cluster.client.collections.list()).find(({ name }) => name === 'dim');
    assert.deepEqual([listed?.documents, listed?.diskBytes, listed?.shards], [0, 0, 1]);
    assert.equal((await cluster.client.collections.describe('dim')).documents, 0);
    const { problems } = await cluster.client.cluster.status();
    assert.ok(problems.some(({ what }) => what.includes("of 'dim' on shard-1 does not serve")));
    await cluster.startNode('shard-1');
    assert.equal((await cluster.client.collections.describe('dim')).documents, 2);
  });

  it('drops also a collection that cannot be read', async () => {
    await createBare(cluster, 'dark');
    await cluster.client.documents.upsert('dark', numberedDocuments(2));
    await cluster.stopNode('shard-1');
    assert.equal(await cluster.client.collections.drop('dark'), 0);
    await cluster.startNode('shard-1');
    await assert.rejects(cluster.client.collections.describe('dark'), { code: 'NOT_FOUND' });
  });

  it('refuses bad requests by name and reason', async () => {
    const { collections } = cluster.client;
    await createBare(cluster, 'taken');
    await assert.rejects(createBare(cluster, 'taken'), { code: 'ALREADY_EXISTS', message: /'taken' exists already/ });
    await assert.rejects(collections.create('x', { model: 'nobody' }), {
      code: 'NOT_FOUND',
      message: "no encoder node has the model 'nobody'; models at hand: toy",
    });
    await assert.rejects(collections.create('Bad Name'), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(collections.drop('unknown'), {
      code: 'NOT_FOUND',
      message: "collection 'unknown' does not exist; create it or list those that do",
    });
  });
});
