/** The calls to other nodes, over the real wire. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { emptyClusterMap } from '../../../cluster/shard-map/cluster-map.js';
import { Peers } from '../../../coordinator/peers.js';
import { createBare, numberedDocuments, SmallCluster } from '../../cluster/small-cluster.js';
import { FetchRequest, ListRowsRequest } from '../../../proto/generated/shoal/v1/shard.js';
import { floats, longs, words } from './fixtures.js';

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
      shards: [{ ref, lists: empty, dense: true, sparse: false, required: [] }],
      dense: floats(1, 0),
      sparse: undefined,
      k: 1,
      filter: undefined,
      structureVersion: 0,
      parametersVersion: 0,
      exact: false,
    };
    const [scanned] = (await peers.scan(shard, scan, deadline)).shards;
    assert.deepEqual(scanned?.dense?.docIds, longs(4_098n));
    const given = { dense: floats(1, 0), sparse: undefined, queryTokens: empty, matches: false, exactTop: 0 };
    const [scored] = (
      await peers.rerank(
        shard,
        { uid, shards: [{ ref, docIds: longs(4_096n), passages: empty, required: [] }], ...given },
        deadline,
      )
    ).shards;
    assert.deepEqual(scored?.dense, floats(1));
    const [fetched] = (
      await peers.fetch(shard, FetchRequest.fromPartial({ uid, shards: [{ ref, docIds: longs(4_097n) }] }), deadline)
    ).shards;
    assert.equal(fetched?.documents[0]?.document?.id, '1');
    const [counts] = (
      await peers.statistics(shard, { uid, shards: [ref], termIds: empty, filter: undefined, required: [] }, deadline)
    ).shards;
    assert.equal(counts?.documents, 3n);
    const listed = await peers.listRows(
      shard,
      ListRowsRequest.fromPartial({ uid, ref, after: 4_096n, limit: 10 }),
      deadline,
    );
    assert.deepEqual(listed.docIds, longs(4_097n, 4_098n));
    assert.equal((await peers.seal(shard, { uid, ref }, deadline)).durable, 1n);
    assert.equal(peers.loadOf(shard), 0);
  });

  it('reach a directory', async () => {
    const partition = { uid, partition: 0 };
    const { located } = await peers.locate(shard, { ...partition, ids: ['2', 'x'], heard: 1n }, deadline);
    assert.deepEqual([located?.docIds, located?.places], [longs(4_098n, 0n), words(0, 0xffff_ffff)]);
    const page = { ...partition, afterId: '0', limit: 1, heard: 1n };
    const listed = await peers.listLocated(shard, page, deadline);
    assert.deepEqual([listed.ids, listed.done], [['1'], false]);
    const subjects = [`shoal.${uid}.1.0`];
    const committed = await peers.awaitCommitted(shard, { ...partition, sequence: 1n, subjects }, deadline);
    assert.deepEqual([committed.caused, committed.last], [0n, [{ subject: subjects[0], sequence: 1n }]]);
    const given = { ...partition, ids: ['0'], contentHashes: longs(7n), asOf: 1n };
    assert.deepEqual((await peers.findUnchanged(shard, given, deadline)).docIds, longs(0n));
    await assert.rejects(peers.awaitVerdicts(shard, { ...partition, partition: 9, sequence: 1n }, deadline));
    const rows = { uid, ref, after: 0n, limit: 2, filter: undefined, required: [] };
    assert.deepEqual((await peers.listRows(shard, rows, deadline)).ids, ['0', '1']);
  });

  it('reach an encoder node', async () => {
    const { address } = cluster.encoder;
    const texts = [{ title: '', text: 'cobbler' }];
    const model = { model: '', modelDigest: '' };
    const order = { inputType: 1, texts, dense: true, sparse: false, multi: false, ...model, tokenPooling: 0 };
    assert.deepEqual((await peers.encode(address, order, deadline)).encodings[0]?.dense, floats(1, 0));
    assert.equal((await peers.encoderInfo(address, deadline)).model, 'toy');
    assert.deepEqual((await peers.tokenize(address, { inputType: 1, texts }, deadline)).texts[0]?.tokens, ['cobbler']);
    assert.equal(peers.encoderLoadOf(address), 0);
  });

  it('count what is under way as load', async () => {
    const statistics = peers.statistics(
      shard,
      { uid, shards: [ref], termIds: empty, filter: undefined, required: [] },
      deadline,
    );
    await Promise.resolve();
    assert.equal(peers.loadOf(shard), 1);
    await statistics;
    assert.equal(peers.loadOf(shard), 0);
  });

  it('say UNAVAILABLE of an address where nobody is', async () => {
    await assert.rejects(
      peers.statistics('127.0.0.1:1', { uid, shards: [], termIds: empty, filter: undefined, required: [] }, deadline),
      {
        code: 'UNAVAILABLE',
      },
    );
  });

  it('end well when the node leaves meanwhile, and reach it again when it is back', async () => {
    const ask = (): Promise<unknown> =>
      peers.statistics(shard, { uid, shards: [ref], termIds: empty, filter: undefined, required: [] }, deadline);
    const before = ask();
    await Promise.resolve();
    const followed = peers.follow(emptyClusterMap);
    assert.equal(peers.loadOf(shard), 0, 'later calls have a connection of their own');
    await Promise.all([before, followed, ask()]);
    await peers.follow(emptyClusterMap);
    await ask();
  });
});
