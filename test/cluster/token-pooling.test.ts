/** A collection that pools token rows: it stores the share of them that was asked for, and finds as before. */
import assert from 'node:assert/strict';
import type { Document } from '../../client/sdk/types.js';
import { toyCodec } from '../unit/codec.js';
import { withCluster, type SmallCluster } from './small-cluster.js';

const codec = toyCodec();

/** Float32 rows of eight dimensions, 1 at the place of each number. */
function rowsAt(...places: readonly number[]): NonNullable<Document['tokens']> {
  const rows = new Float32Array(8 * places.length);
  places.forEach((place, row) => (rows[8 * row + place] = 1));
  return { count: places.length, rows: new Uint8Array(rows.buffer), codec: '' };
}

const documents: readonly Document[] = [
  { id: 'cobbler', text: 'cobbler mends shoes cobbler mends shoes cobbler mends shoes' },
  { id: 'baker', text: 'baker bakes bread baker bakes bread baker bakes bread' },
  { id: 'given', text: 'the the', tokens: rowsAt(2, 2, 2, 3, 4, 2) },
];

async function fill(cluster: SmallCluster, name: string, tokenPooling: number): Promise<void> {
  await cluster.client.collections.create(name, { tokenPooling });
  const { results } = await cluster.client.documents.upsert(name, documents);
  assert.deepEqual(
    results.map(({ error }) => error),
    [null, null, null],
  );
}

/** Token rows of each document, by id. */
async function rows({ client }: SmallCluster, name: string): Promise<Record<string, number | undefined>> {
  const counts: Record<string, number | undefined> = {};
  for (const { id } of documents) {
    counts[id] = (await client.documents.get(name, id, { withVectors: true })).tokens?.count;
  }
  return counts;
}

/** Both ways of storing rows: pooled by the encoder and coded, pooled by the coordinator and kept as float16. */
for (const [how, encoder] of [
  ['coded', { codec }],
  ['float16', {}],
] as const) {
  describe(`a collection with token pooling, ${how} rows`, function () {
    this.timeout(60_000);

    it('stores about one row for so many tokens, and finds by them', () =>
      withCluster({ encoder }, async (cluster) => {
        await fill(cluster, 'whole', 1);
        await fill(cluster, 'pooled', 3);
        assert.deepEqual(await rows(cluster, 'whole'), { cobbler: 9, baker: 9, given: 6 });
        assert.deepEqual(await rows(cluster, 'pooled'), { cobbler: 3, baker: 3, given: 2 });
        // Three equal rows are one: the words of these texts stay apart, so the scores are the same.
        for (const query of ['cobbler mends', 'bread baker bakes']) {
          const [one, two] = await Promise.all(
            ['whole', 'pooled'].map((name) => cluster.client.search(name, query, { mode: 'multi', k: 1 })),
          );
          assert.equal(two?.hits[0]?.id, one?.hits[0]?.id);
          assert.ok(Math.abs(two!.hits[0]!.score - one!.hits[0]!.score) < 1e-3);
        }
      }));

    it('says so, and why an explanation names no words', () =>
      withCluster({ encoder }, async (cluster) => {
        await fill(cluster, 'whole', 1);
        await fill(cluster, 'pooled', 3);
        const { client } = cluster;
        assert.equal((await client.collections.describe('pooled')).tokenPooling, 3);
        const explained = async (name: string): Promise<[number, string | undefined, number | undefined]> => {
          const { hits, explanation } = await client.search(name, 'cobbler', { mode: 'multi', k: 1, explain: true });
          return [hits[0]!.matches.length, explanation?.matchesMissing, explanation?.queryTokens.length];
        };
        assert.deepEqual(await explained('whole'), [1, '', 1]);
        const [matches, missing, queryTokens] = await explained('pooled');
        assert.deepEqual([matches, queryTokens], [0, 1]);
        assert.match(missing ?? '', /one token row for about 3 tokens/);
      }));

    it('takes rows that it gave as they are, and is the same after a restart', () =>
      withCluster({ encoder }, async (cluster) => {
        await fill(cluster, 'pooled', 3);
        const read = await cluster.client.documents.get('pooled', 'given', { withVectors: true });
        const { docId, uid, ...document } = read;
        assert.ok(docId > 0n && uid !== '');
        await cluster.client.documents.upsert('pooled', [{ ...document, id: 'baker' }]);
        await cluster.client.documents.set('pooled', 'cobbler', { year: 2n });
        await cluster.down();
        await cluster.up();
        assert.deepEqual(await rows(cluster, 'pooled'), { cobbler: 3, baker: 2, given: 2 });
        const again = await cluster.client.documents.get('pooled', 'baker', { withVectors: true });
        assert.deepEqual(again.tokens, read.tokens);
        assert.equal((await cluster.client.collections.describe('pooled')).tokenPooling, 3);
      }));
  });
}

describe('a collection without token vectors', () => {
  it('is not made with token pooling', () =>
    withCluster({}, async ({ client }) => {
      await assert.rejects(client.collections.create('bare', { model: 'none', dim: 2, tokenPooling: 2 }), {
        code: 'INVALID_ARGUMENT',
        message: /model 'none' gives no token vectors that could be pooled; leave it out/,
      });
    }));
});
