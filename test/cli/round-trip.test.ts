/** An import of an export is the same collection: every document in every field, and every answer; over a real cluster, by command line. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ShoalClient } from '../../client/sdk/connect.js';
import type { StoredDocument } from '../../client/sdk/types.js';
import { answers, at, everything, manyKinds, withRing } from '../cluster/ring-collection.js';

import { vocabulary } from '../cluster/toy-encoder.js';
import { withCluster, type SmallCluster } from '../cluster/small-cluster.js';
import { inFolder } from '../temporary-folder.js';
import { toyCodec } from '../unit/codec.js';
import { runShoal, type CliResult } from '../unit/client/cli/run-shoal.js';

async function shoal(cluster: SmallCluster, ...args: readonly string[]): Promise<CliResult> {
  const result = await runShoal(args, { env: { SHOAL_ADDRESS: cluster.address } });
  assert.equal(result.exitCode, 0, result.stderr);
  return result;
}

/** Everything of a document but the version, which is another one's. */
async function contents(client: ShoalClient, name: string): Promise<Omit<StoredDocument, 'docId'>[]> {
  return (await everything(client, name)).map(({ docId, ...rest }) => (assert.ok(docId > 0n), rest));
}

describe('an export that is imported', function () {
  this.timeout(60_000);

  it('gives documents of every kind back, of several shards, with their vectors and passages, and the same answers', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(150));
        await client.documents.delete('notes', ['d0005']);
        for (const file of ['plain.jsonl', 'packed.jsonl.gz']) {
          const path = join(folder, file);
          await shoal(cluster, 'export', 'notes', path, '--vectors');
          await shoal(cluster, 'import', 'copy', path);
          assert.deepEqual(await contents(client, 'copy'), await contents(client, 'notes'));
          const [one, two] = [await client.collections.describe('notes'), await client.collections.describe('copy')];
          assert.deepEqual(two.attributes, one.attributes);
          assert.deepEqual([two.model, two.dim, two.documents], [one.model, one.dim, 149]);
          assert.deepEqual(await answers(client, 'copy'), await answers(client, 'notes'));
          // A copy of the same content has nothing to write again.
          const again = (await shoal(cluster, 'import', 'copy', path, '--json')).json();
          assert.deepEqual([again['written'], again['unchanged']], [0, 149]);
          await client.collections.drop('copy');
        }
      }),
    ));

  it('is encoded again from its text, or keeps the vectors that it brings: the answers are the same', () =>
    inFolder((folder) =>
      withCluster({ encoder: { codec: toyCodec() } }, async (cluster) => {
        const { client } = cluster;
        const words = vocabulary;
        const text = (i: number): string => [0, 1, 2, 3].map((j) => words[(i * (j + 3) + j) % words.length]).join(' ');
        await client.collections.create('notes');
        // Written in the order of their ids, as an import of an export does: equal scores are ordered by age.
        const documents = Array.from({ length: 40 }, (_, i) => ({
          id: `d${String(i).padStart(2, '0')}`,
          title: i % 2 === 0 ? 'T' : '',
          text: text(i),
        }));
        await client.documents.upsert('notes', documents);
        for (const [name, flags] of [
          ['encoded', []],
          ['brought', ['--vectors']],
        ] as const) {
          const path = join(folder, `${name}.jsonl`);
          await shoal(cluster, 'export', 'notes', path, ...flags);
          await shoal(cluster, 'import', name, path);
          assert.deepEqual(await contents(client, name), await contents(client, 'notes'), name);
          for (const query of ['cobbler mends shoes', 'the baker', 'bread']) {
            const ranked = async (collection: string): Promise<unknown> =>
              (await client.search(collection, query, { k: 40 })).hits.map(({ id, score, scores }) => ({
                id,
                score,
                scores,
              }));
            assert.deepEqual(await ranked(name), await ranked('notes'), `${name}: ${query}`);
          }
        }
      }),
    ));

  it('keeps token pooling, and does not pool rows again that it brings', () =>
    inFolder((folder) =>
      withCluster({ encoder: {} }, async (cluster) => {
        const { client } = cluster;
        await client.collections.create('notes', { tokenPooling: 2 });
        const tokens = { count: 5, rows: new Uint8Array(new Float32Array(40).fill(1).buffer), codec: '' };
        await client.documents.upsert('notes', [
          { id: 'of text', text: 'cobbler mends cobbler mends cobbler mends shoes shoes' },
          { id: 'of passages', text: 'cobbler', passages: [{ vector: at(0), tokens, start: 0, end: 0 }] },
        ]);
        const path = join(folder, 'pooled.jsonl');
        await shoal(cluster, 'export', 'notes', path, '--vectors');
        await shoal(cluster, 'import', 'copy', path);
        assert.equal((await client.collections.describe('copy')).tokenPooling, 2);
        const [ofPassages, ofText] = await everything(client, 'copy');
        assert.deepEqual([ofText?.tokens?.count, ofPassages?.tokens?.count], [4, 3]);
        assert.deepEqual(await contents(client, 'copy'), await contents(client, 'notes'));
      }),
    ));

  it('holds every document that is there throughout exactly once, although others come, change and go', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(400));
        const state = { isOver: false };
        const changing = (async () => {
          for (let round = 0; !state.isOver; round += 1) {
            const ids = [1, 2, 3].map((i) => `d${String((round * 13 + i * 131) % 400).padStart(4, '0')}`);
            await client.documents.upsert(
              'notes',
              ids.map((id) => ({ id, text: `round ${round}`, vector: at(round * 61) })),
            );
            await client.documents.upsert('notes', [{ id: `x${round % 50}`, text: 'x', vector: at(round) }]);
            await client.documents.delete('notes', [`x${(round + 25) % 50}`]);
          }
        })();
        const path = join(folder, 'changing.jsonl');
        await shoal(cluster, 'export', 'notes', path, '--vectors');
        state.isOver = true;
        await changing;
        const { written, rejected } = (await shoal(cluster, 'import', 'copy', path, '--json')).json();
        const ids = (await contents(client, 'copy')).map(({ id }) => id);
        assert.deepEqual([ids.length, rejected], [written, 0]);
        assert.deepEqual(
          ids.filter((id) => id.startsWith('d')),
          manyKinds(400).map(({ id }) => id),
        );
      }),
    ));
});
