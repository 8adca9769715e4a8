/** The calls to other nodes, over the real wire. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { emptyClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import { Peers } from '../../../coordinator/peers.js';
import { createBare, numberedDocuments, SmallCluster } from '../../cluster/small-cluster.js';
import { floats, longs } from './fixtures.js';

describe('the calls of a coordinator', () => {
  let cluster: SmallCluster;
  let peers: Peers;
  let shard: string;
  let uid: string;
  let deadline: Deadline;
  const ref = { shard: 0, generation: 1n };
  const empty = Buffer.alloc(0);

  before(async () => {
    deadline = Deadline.after(systemClock, 10_000);
    cluster = await SmallCluster.start({ encoder: {} });
    peers = new Peers(systemClock);
    shard = cluster.nodeAddress('shard-1');
    await createBare(cluster, 'notes');
    ({ uid } = await cluster.client.documents.upsert('notes', numberedDocuments(3)));
  });

  after(async () => {
    deadline.close();
    await peers.close();
    await cluster.close();
  });

  it('reach a shard node', async () => {
    const scan = {
      uid,
      shards: [{ ref, lists: empty, dense: true, sparse: false }],
      dense: floats(1, 0),
      sparse: undefined,
      k: 1,
      minSequence: 1n,
    };
    const [scanned] = (await peers.scan(shard, scan, deadline)).shards;
    assert.deepEqual(scanned?.dense?.docIds, longs(4_098n));
    const given = { dense: floats(1, 0), sparse: undefined, queryTokens: empty, matches: false, exactTop: 0 };
    const [scored] = (await peers.rerank(shard, { uid, shards: [{ ref, docIds: longs(4_096n) }], ...given }, deadline))
      .shards;
    assert.deepEqual(scored?.dense, floats(1));
    const [fetched] = (
      await peers.fetch(shard, { uid, shards: [{ ref, docIds: longs(4_097n) }], withVectors: false }, deadline)
    ).shards;
    assert.equal(fetched?.documents[0]?.document?.id, '1');
    const found = await peers.lookup(shard, { uid, ref, ids: ['2', 'x'], minSequence: 0n }, deadline);
    assert.deepEqual(found.docIds, longs(4_098n, 0n));
    const [counts] = (await peers.statistics(shard, { uid, shards: [ref], termIds: empty }, deadline)).shards;
    assert.equal(counts?.documents, 3n);
    const read = await peers.readDocuments(shard, { uid, ref, after: 4_096n, limit: 10, withVectors: false }, deadline);
    assert.deepEqual(
      read.documents.map(({ docId }) => docId),
      [4_097n, 4_098n],
    );
    assert.equal((await peers.seal(shard, { uid, ref }, deadline)).durable, 1n);
    assert.equal(peers.loadOf(shard), 0);
  });

  it('reach an encoder node', async () => {
    const { address } = cluster.encoder;
    const texts = [{ title: '', text: 'cobbler' }];
    const order = { inputType: 1, texts, dense: true, sparse: false, multi: false, model: '' };
    assert.deepEqual((await peers.encode(address, order, deadline)).encodings[0]?.dense, floats(1, 0));
    assert.equal((await peers.encoderInfo(address, deadline)).model, 'toy');
    assert.deepEqual((await peers.tokenize(address, { inputType: 1, texts }, deadline)).texts[0]?.tokens, ['cobbler']);
    assert.equal(peers.encoderLoadOf(address), 0);
  });

  it('count what is under way as load', async () => {
    const statistics = peers.statistics(shard, { uid, shards: [ref], termIds: empty }, deadline);
    await Promise.resolve();
    assert.equal(peers.loadOf(shard), 1);
    await statistics;
    assert.equal(peers.loadOf(shard), 0);
  });

  it('say UNAVAILABLE of an address where nobody is', async () => {
    await assert.rejects(peers.statistics('127.0.0.1:1', { uid, shards: [], termIds: empty }, deadline), {
      code: 'UNAVAILABLE',
    });
  });

  it('end well when the node leaves meanwhile, and reach it again when it is back', async () => {
    const ask = (): Promise<unknown> => peers.statistics(shard, { uid, shards: [ref], termIds: empty }, deadline);
    const before = ask();
    await Promise.resolve();
    const followed = peers.follow(emptyClusterMap);
    assert.equal(peers.loadOf(shard), 0, 'later calls have a connection of their own');
    await Promise.all([before, followed, ask()]);
    await peers.follow(emptyClusterMap);
    await ask();
  });
});
