/** The whole way of a query over real nodes, with an encoder whose vectors can be computed by hand. */
import assert from 'node:assert/strict';
import type { SearchAnswer, SearchOptions } from '../../../../client/sdk/types.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { search, type SearchResult } from '../../../../coordinator/search/search.js';
import type { TermStatistics } from '../../../../coordinator/search/term-statistics.js';
import type { Structures } from '../../../../coordinator/structures.js';
import { ScanResponse, ShardDocuments } from '../../../../proto/generated/shoal/v1/shard.js';
import { SmallCluster } from '../../../cluster/small-cluster.js';
import { FakeClock } from '../../../fake-clock.js';
import { toyCodec } from '../../codec.js';
import {
  bareSettings,
  close,
  columns,
  deadlineOf,
  encodersOf,
  fanOutOf,
  peersOf,
  question,
  servingMap,
  viewOf,
} from '../fixtures.js';

const documents = [
  { id: 'cobbler', text: 'the cobbler mends shoes' },
  { id: 'baker', text: 'the baker bakes bread' },
  { id: 'shoes', text: 'shoes shoes shoes' },
  { id: 'empty', text: '' },
];

for (const kind of ['coded', 'uncoded'] as const) {
  describe(`a search over ${kind} tokens`, () => {
    let cluster: SmallCluster;

    before(async () => {
      cluster = await SmallCluster.start({ encoder: kind === 'coded' ? { codec: toyCodec() } : {} });
      await cluster.client.collections.create('notes');
      const { results } = await cluster.client.documents.upsert('notes', documents);
      assert.deepEqual(
        results.map(({ error }) => error),
        [null, null, null, null],
      );
    });

    after(() => cluster.close());

    const ask = (query: string, options: SearchOptions = {}): Promise<SearchAnswer> =>
      cluster.client.search('notes', query, options);

    it('ranks by all three scores in mode hybrid', async () => {
      const { hits, coverage, timings } = await ask('cobbler mends');
      assert.equal(hits[0]?.id, 'cobbler');
      assert.equal(hits.length, 4);
      const scores = hits[0].scores;
      close(scores.multi ?? 0, 1);
      assert.ok((scores.sparse ?? 0) > 0);
      assert.ok(coverage.full);
      assert.deepEqual([coverage.shardsContacted, coverage.sparseShardsContacted, coverage.listsProbed], [1, 1, 1]);
      assert.ok(timings.totalMs >= timings.encodeMs);
    });

    it('gives in mode sparse only documents that share a word, by BM25', async () => {
      const { hits, coverage } = await ask('cobbler bread', { mode: 'sparse' });
      assert.deepEqual(hits.map(({ id }) => id).sort(), ['baker', 'cobbler']);
      assert.deepEqual([hits[0]?.scores.dense, hits[0]?.scores.multi], [null, null]);
      assert.deepEqual([coverage.shardsContacted, coverage.listsProbed], [0, 0]);
      assert.deepEqual((await ask('a', { mode: 'sparse' })).hits, []);
    });

    it('gives in mode dense the inner product alone', async () => {
      const { hits } = await ask('shoes', { mode: 'dense', k: 2 });
      assert.equal(hits[0]?.id, 'shoes');
      assert.deepEqual(hits[0].scores, { dense: 1, sparse: null, multi: null });
      assert.equal(hits[0].score, 1);
    });

    it('gives in mode multi the mean MaxSim over the dense candidates', async () => {
      const { hits } = await ask('baker bread', { mode: 'multi' });
      assert.equal(hits[0]?.id, 'baker');
      close(hits[0].score, 1);
      assert.equal(hits[0].score, hits[0].scores.multi);
      assert.ok(!hits.some(({ id }) => id === 'empty'), 'a document without tokens has no MaxSim');
    });

    it('explains by tokens with their places in the text', async () => {
      const { hits, explanation } = await ask('mends', { explain: true, k: 1 });
      assert.deepEqual(
        hits[0]?.matches.map(({ score: _, ...match }) => match),
        [{ queryToken: 'mends', documentToken: 'mends', start: 12, end: 17 }],
      );
      assert.deepEqual(explanation?.queryTokens, ['mends']);
      assert.equal(explanation.reranked, 4);
      assert.deepEqual([explanation.denseCandidates, explanation.sparseCandidates], [4, 1]);
    });

    it('fuses by ranks where asked', async () => {
      const { hits } = await ask('cobbler mends', { rrf: true });
      assert.equal(hits[0]?.id, 'cobbler');
      assert.ok((hits[0].score ?? 1) <= 3 / 61 + 1e-6);
    });

    it('pages without repeating or skipping', async () => {
      const whole = await ask('shoes bread', { k: 4 });
      const pages = await Promise.all([0, 1, 2, 3].map((offset) => ask('shoes bread', { k: 1, offset })));
      assert.deepEqual(
        pages.flatMap(({ hits }) => hits.map(({ id }) => id)),
        whole.hits.map(({ id }) => id),
      );
    });

    it('sees a document that was just written, and no deleted one', async () => {
      const { uid, sequence } = await cluster.client.documents.upsert('notes', [{ id: 'new', text: 'a a a a a' }]);
      const found = await ask('a', { mode: 'sparse', minSequence: { uid, sequence } });
      assert.deepEqual(
        found.hits.map(({ id }) => id),
        ['new'],
      );
      const deleted = await cluster.client.documents.delete('notes', ['new']);
      const gone = await ask('a', { mode: 'sparse', minSequence: deleted });
      assert.deepEqual(gone.hits, []);
    });

    it('gives back token vectors that can be written again', async () => {
      const stored = await cluster.client.documents.get('notes', 'shoes', { withVectors: true });
      const { sparse: _, docId: __, ...document } = stored;
      const { results } = await cluster.client.documents.upsert('notes', [document]);
      assert.equal(results[0]?.error, null);
      const again = await cluster.client.documents.get('notes', 'shoes', { withVectors: true });
      assert.deepEqual(again.tokens, stored.tokens);
    });

    it('refuses a position that the log has not given yet', async () => {
      const { uid } = await cluster.client.documents.count('notes');
      const future = { mode: 'dense', minSequence: { uid, sequence: 10_000n }, deadlineMs: 1_000 } as const;
      await assert.rejects(ask('shoes', future), { code: 'OUT_OF_RANGE', message: /10000/ });
    });
  });
}

describe('a search while a document is replaced', () => {
  /** Each scan finds the one document in its next version; the first `lost` of them are gone when they are fetched. */
  async function run(lost: bigint): Promise<SearchResult & { readonly scans: bigint }> {
    const state = { version: 0n };
    const map = servingMap(1);
    const peers = peersOf({
      scan: async () => {
        state.version += 1n;
        return ScanResponse.fromPartial({ shards: [{ shard: 0, dense: columns([state.version, 7n, 0.5]) }] });
      },
      fetch: async () => {
        const documents = state.version > lost ? [{ docId: state.version, document: { id: 'a' } }] : [];
        return { shards: [ShardDocuments.fromPartial({ shard: 0, documents })] };
      },
    });
    const parts = {
      view: viewOf(map),
      peers,
      encoders: encodersOf({}),
      statistics: {} as TermStatistics,
      structures: {} as Structures,
      appenders: {} as Appenders,
      fanOut: fanOutOf(map),
      clock: new FakeClock(),
    };
    const representations = { dense: true, sparse: false, multi: false, sparseSearch: false };
    const asked = question({ settings: bareSettings(), vector: Float32Array.of(1, 0), ...representations });
    return { ...(await search(asked, parts, deadlineOf())), scans: state.version };
  }

  it('finds its new version', async () => {
    const { hits, scans, coverage } = await run(1n);
    assert.deepEqual(
      hits.map(({ docId }) => docId),
      [2n],
    );
    assert.deepEqual([scans, coverage.full], [2n, true]);
  });

  it('ends with what is there after three attempts', async () => {
    const { hits, gone, scans } = await run(9n);
    assert.deepEqual([hits.length, gone, scans], [0, 1, 3n]);
  });
});
