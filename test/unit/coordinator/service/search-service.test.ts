/** Search over the wire: hits with their documents and scores, coverage, timings, and the words of a refusal. */
import assert from 'node:assert/strict';
import { credentials, Metadata } from '@grpc/grpc-js';
import type { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import type { CoordinatorParts } from '../../../../coordinator/parts.js';
import { searchService } from '../../../../coordinator/service/search-service.js';
import { createBare, numberedDocuments, SmallCluster } from '../../../cluster/small-cluster.js';
import {
  SearchClient,
  SearchRequest,
  type SearchBatchResponse,
  type SearchMode,
  type SearchResponse,
} from '../../../../proto/generated/shoal/v1/search.js';
import { FakeClock } from '../../../fake-clock.js';
import { floats, mapOf, placement, settings, silent } from '../fixtures.js';

describe('the service of search', () => {
  let cluster: SmallCluster;
  let raw: SearchClient;
  const query = Float32Array.of(1, 0);

  before(async () => {
    cluster = await SmallCluster.start();
    await createBare(cluster, 'notes');
    await cluster.client.documents.upsert('notes', [
      ...numberedDocuments(20),
      { id: 'bare', title: 'T', vector: Float32Array.of(0.5, 0), attributes: { year: 7n } },
    ]);
    raw = new SearchClient(cluster.address, credentials.createInsecure());
  });

  after(async () => {
    raw.close();
    await cluster.close();
  });

  const search = (request: Parameters<typeof SearchRequest.fromPartial>[0]): Promise<SearchResponse> =>
    new Promise((resolve, reject) =>
      raw.search(
        SearchRequest.fromPartial({ collection: 'notes', vector: floats(1, 0), ...request }),
        (error, answer) => (error === null ? resolve(answer) : reject(error)),
      ),
    );

  it('finds the nearest documents, best first, with what users see of them', async () => {
    const { hits, coverage, timings, uid } = await cluster.client.search('notes', query, { k: 3 });
    assert.deepEqual(
      hits.map(({ id, score, shard }) => [id, score, shard]),
      [
        ['19', 20, 0],
        ['18', 19, 0],
        ['17', 18, 0],
      ],
    );
    assert.deepEqual(hits[0]?.scores, { dense: 20, sparse: null, multi: null });
    assert.deepEqual([hits[0].text, hits[0].passage], ['document 19', { start: 0, end: 11 }]);
    assert.deepEqual(coverage, {
      full: true,
      listsProbed: 1,
      listsTotal: 1,
      shardsContacted: 1,
      sparseShardsContacted: 0,
      shardsTotal: 1,
      listsMissing: [],
      shardsMissing: [],
      behind: false,
      reasons: [],
    });
    assert.equal(uid, (await cluster.client.documents.count('notes')).uid);
    const { totalMs, ...steps } = timings;
    assert.ok(totalMs >= Math.max(...Object.values(steps)));
  });

  it('pages, and stops at the threshold', async () => {
    const page = await cluster.client.search('notes', query, { k: 2, offset: 19 });
    assert.deepEqual(
      page.hits.map(({ id, title, attributes }) => [id, title, attributes]),
      [
        ['0', null, {}],
        ['bare', 'T', { year: 7n }],
      ],
    );
    const above = await cluster.client.search('notes', query, { k: 10, scoreThreshold: 18.5 });
    assert.deepEqual(
      above.hits.map(({ id }) => id),
      ['19', '18'],
    );
  });

  it('gives equal scores by smaller docId', async () => {
    const { hits } = await cluster.client.search('notes', Float32Array.of(0, 1), { k: 5 });
    assert.deepEqual(
      hits.map(({ id }) => id),
      ['0', '1', '2', '3', '4'],
    );
  });

  it('says which lists and shards it probed, where asked', async () => {
    const { explanation } = await search({ explain: true, k: 1 });
    assert.deepEqual(
      [explanation?.listsProbed, explanation?.shardsProbed, explanation?.denseCandidates],
      [[0], [0], 21],
    );
    assert.equal((await search({})).explanation, undefined);
  });

  it('refuses what is out of range or unknown, with code and reason', async () => {
    const refusals: [Parameters<typeof SearchRequest.fromPartial>[0], number, RegExp][] = [
      [{ k: 10_001 }, 3, /k \+ offset is 10001; it must be 1 to 10000/],
      [{ nprobe: 2 }, 3, /nprobe is 2, collection 'notes' has 1 list;/],
      [{ vector: floats(1, 2, 3) }, 3, /3 dimensions, collection 'notes' has 2/],
      [{ vector: floats(NaN, 2) }, 3, /not finite/],
      [{ vector: undefined, query: 'words' }, 3, /has no encoder model; search it by vector/],
      [{ vector: undefined, mode: 77 as SearchMode }, 3, /mode 77 is unknown; use hybrid, dense, sparse or multi/],
      [{ collection: 'x' }, 5, /collection 'x' does not exist/],
      [{ minSequence: 1n, minSequenceUid: 'other' }, 9, /min_sequence belongs to uid other/],
      [{ minSequence: 999n }, 11, /999/],
      [{ filter: 'year >=' }, 3, /1/],
      [{ vector: undefined, like: 'nobody' }, 5, /document 'nobody' does not exist in collection 'notes'/],
    ];
    for (const [request, code, details] of refusals) await assert.rejects(search(request), { code, details });
  });

  it('refuses an answer above the limit, saying what to do', async () => {
    await createBare(cluster, 'long');
    const text = 'x'.repeat(4 * 1024 * 1024);
    for (let id = 0; id < 16; id += 1)
      await cluster.client.documents.upsert('long', [{ id: String(id), text, vector: Float32Array.of(1, 0) }]);
    const deadlineMs = 60_000;
    await assert.rejects(search({ collection: 'long', k: 16, deadlineMs }), {
      code: 8,
      details: /^the answer has 671\d{5} bytes with 16 hits, above the limit of 67108864; ask for a smaller k$/,
    });
    assert.equal((await cluster.client.search('long', query, { k: 2, deadlineMs })).hits.length, 2);
  }).timeout(60_000);

  it('takes the time that a question says, where its call brings no deadline', async () => {
    const taken: number[] = [];
    const encode = async (_settings: unknown, _texts: unknown, deadline: Deadline): Promise<never> => {
      taken.push(deadline.remainingMs());
      throw new ShoalError('UNAVAILABLE', 'no encoder is there');
    };
    const view = { current: () => mapOf({ collections: [settings()], placements: [placement(0, ['a'])] }) };
    const parts = { view, encoders: { encode }, clock: new FakeClock(), logger: silent };
    const handlers = searchService(parts as unknown as CoordinatorParts);
    const call = { metadata: new Metadata(), getDeadline: () => Infinity, on: () => undefined };
    const ask = (method: 'search' | 'searchBatch', request: unknown): Promise<unknown> =>
      new Promise((resolve) => handlers[method]({ ...call, request } as never, resolve));
    for (const deadlineMs of [0, 1_000, 60_000]) {
      const request = SearchRequest.fromPartial({ collection: 'notes', query: 'words', deadlineMs });
      await ask('search', request);
      await ask('searchBatch', { requests: [request] });
    }
    assert.deepEqual(taken, [2_000, 2_000, 1_000, 1_000, 60_000, 60_000]);
  });

  it('answers a batch, each question with its own outcome', async () => {
    const questions = [{ k: 1 }, { collection: 'x' }, { k: 2, offset: 1 }];
    const requests = questions.map((each) =>
      SearchRequest.fromPartial({ collection: 'notes', vector: floats(1, 0), ...each }),
    );
    const { outcomes } = await new Promise<SearchBatchResponse>((resolve, reject) =>
      raw.searchBatch({ requests }, (error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
    assert.deepEqual(
      outcomes.map(({ status, response }) => [status, response?.hits.map(({ id }) => id)]),
      [
        [0, ['19']],
        [5, undefined],
        [0, ['18', '17']],
      ],
    );
    assert.match(outcomes[1]?.message ?? '', /collection 'x' does not exist/);
  });

  it('finds what is like a document, without that document', async () => {
    const { hits } = await search({ vector: undefined, like: '3', k: 2 });
    assert.deepEqual(
      hits.map(({ id }) => id),
      ['19', '18'],
    );
    const most = await search({ vector: undefined, like: '19', k: 2 });
    assert.deepEqual(
      most.hits.map(({ id }) => id),
      ['18', '17'],
    );
  });

  it('finds only what a filter lets through', async () => {
    const { hits } = await search({ filter: 'year == 7' });
    assert.deepEqual(
      hits.map(({ id }) => id),
      ['bare'],
    );
  });
});
