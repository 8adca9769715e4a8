/** The stream and its unary twins end in the same functions; a failed request never ends the stream. */
import assert from 'node:assert/strict';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { Channels } from '../../../cluster/rpc/channels.js';
import { shardSubject } from '../../../cluster/keys.js';
import {
  FetchRequest,
  GetStatisticsRequest,
  ListRowsRequest,
  RerankRequest,
  ScanRequest,
  ShardClient,
  ShardService,
  type ScanResponse,
  type ShardRequest,
} from '../../../proto/generated/shoal/v1/shard.js';
import { createBare, numberedDocuments, SmallCluster } from '../../cluster/small-cluster.js';
import { floats, longs, ref } from './fixtures.js';

describe('the service of a shard node', () => {
  let cluster: SmallCluster;
  let unary: ShardClient;
  let channels: Channels;
  let uid: string;
  let deadline: Deadline;

  before(async () => {
    deadline = Deadline.after(systemClock, 10_000);
    cluster = await SmallCluster.start();
    await createBare(cluster, 'notes');
    ({ uid } = await cluster.client.documents.upsert('notes', numberedDocuments(3)));
    unary = new ShardClient(cluster.nodeAddress('shard-1'), credentials.createInsecure());
    channels = new Channels({ clock: systemClock });
  });

  after(async () => {
    deadline.close();
    unary.close();
    await channels.close();
    await cluster.close();
  });

  const call = <Request, Answer>(
    method: (request: Request, done: (error: ServiceError | null, answer: Answer) => void) => unknown,
    request: Request,
  ): Promise<Answer> =>
    new Promise((resolve, reject) =>
      method.call(unary, request, (error: ServiceError | null, answer: Answer) =>
        error === null ? resolve(answer) : reject(error),
      ),
    );

  const stream = () =>
    channels.stream(cluster.nodeAddress('shard-1'), {
      method: ShardService.stream,
      cancel: (seq: bigint): ShardRequest => ({ seq, deadlineMs: 0, cancel: {} }),
    });

  const scan = () =>
    ScanRequest.fromPartial({
      uid,
      shards: [{ ref, dense: true, required: [{ subject: shardSubject(uid, 1n, 0), sequence: 1n }] }],
      dense: floats(1, 0),
      k: 2,
    });

  it('answers alike on the stream and by unary calls', async () => {
    const rerank = RerankRequest.fromPartial({
      uid,
      shards: [{ ref, docIds: longs(4_096n) }],
      dense: floats(1, 0),
    });
    const fetch = FetchRequest.fromPartial({ uid, shards: [{ ref, docIds: longs(4_098n) }], withVectors: true });
    const statistics = GetStatisticsRequest.fromPartial({ uid, shards: [ref] });
    const listRows = ListRowsRequest.fromPartial({ uid, ref, limit: 2 });
    const asked = await Promise.all(
      [{ scan: scan() }, { rerank }, { fetch }, { statistics }, { listRows }].map((body) =>
        stream().call(body, deadline),
      ),
    );
    assert.deepEqual(asked[0]?.scan, await call(unary.scan.bind(unary), scan()));
    assert.deepEqual(asked[0]?.scan?.shards[0]?.dense?.docIds, longs(4_098n, 4_097n));
    assert.deepEqual(asked[1]?.rerank, await call(unary.rerank.bind(unary), rerank));
    assert.deepEqual(asked[2]?.fetch, await call(unary.fetch.bind(unary), fetch));
    assert.deepEqual(asked[3]?.statistics, await call(unary.getStatistics.bind(unary), statistics));
    assert.deepEqual(asked[4]?.listRows, await call(unary.listRows.bind(unary), listRows));
    assert.equal(asked[4]?.listRows?.ids.length, 2);
  });

  it('scans all its lists where those asked for are numbered by another structure', async () => {
    const inList = (list: number, structureVersion: number): ScanRequest => {
      const { shards, ...rest } = scan();
      const lists = Buffer.from(Uint32Array.of(list).buffer);
      return { ...rest, structureVersion, shards: [{ ...shards[0]!, lists }] };
    };
    const found = async (request: ScanRequest): Promise<Buffer | undefined> => {
      const { shards } = await call<ScanRequest, ScanResponse>(unary.scan.bind(unary), request);
      return shards[0]?.dense?.docIds;
    };
    assert.deepEqual(await found(inList(5, 0)), longs());
    assert.deepEqual(await found(inList(5, 1)), longs(4_098n, 4_097n));
  });

  it('refuses a request without a body, and goes on', async () => {
    await assert.rejects(stream().call({}, deadline), {
      code: 'INVALID_ARGUMENT',
      message: 'the request has no body that this node knows; give one of shoal.v1.ShardRequest',
    });
    await assert.rejects(stream().call({ scan: { ...scan(), k: 0 } }, deadline), {
      code: 'INVALID_ARGUMENT',
      message: /^k is 0/,
    });
    assert.equal((await stream().call({ scan: scan() }, deadline)).status, 0);
  });

  it('seals what it holds', async () => {
    assert.deepEqual(await call(unary.seal.bind(unary), { uid, ref }), { durable: 1n });
    await assert.rejects(call(unary.seal.bind(unary), { uid, ref: { shard: 7, generation: 1n } }), { code: 9 });
  });
});
