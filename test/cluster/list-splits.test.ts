/** Lists that grow past their limit split by themselves while the collection serves; nothing is trained, and nothing is lost. */
import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.js';
import { seededRandom } from '../../base/random.js';
import { clusteredVectors, fill, recallOf, settled, vectorDocuments } from './trained-collection.js';
import { SmallCluster } from './small-cluster.js';

const vectors = clusteredVectors(2_000, 1);
const queries = clusteredVectors(30, 2);

/** Vectors that all lie about one place: a list or two get them all. */
function skewedVectors(count: number, seed: number): Float32Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const near = vectors[0]!.map((value) => value + 0.08 * random.normal());
    const norm = Math.hypot(...near);
    return near.map((value) => value / norm);
  });
}

describe('a list that grows too long', function () {
  this.timeout(60_000);

  const skewed = skewedVectors(1_600, 3);
  const askedAbout = [...queries, ...skewedVectors(10, 4)];
  let cluster: SmallCluster;
  let listsBefore = 0;

  before(async () => {
    const coordinator = { autoTrainEveryMs: 30, autoTrainDocuments: 1_000_000 };
    cluster = await SmallCluster.start({ shardNodes: 2, replicas: 2, coordinator });
    await fill(cluster.client, 'notes', vectors);
    await cluster.client.training.train('notes', { seed: 5 });
    listsBefore = (await cluster.client.collections.describe('notes')).lists;
  });

  after(() => cluster.close());

  async function methods(): Promise<readonly string[]> {
    return (await cluster.client.training.codebooks('notes')).versions.map(({ method }) => method);
  }

  async function exactAnswers(): Promise<unknown> {
    return Promise.all(
      askedAbout.map(async (query) => {
        const { hits } = await cluster.client.search('notes', query, { mode: 'dense', exact: true });
        return hits.map(({ id, score }) => [id, score]);
      }),
    );
  }

  it('splits by itself, while searches find what they always found', async () => {
    const { client } = cluster;
    const ends = { written: false };
    // One of the replicas hears nothing of all this.
    await cluster.stopNode('shard-2');
    const writing = (async () => {
      for (let at = 0; at < skewed.length; at += 200)
        await client.documents.upsert('notes', vectorDocuments(skewed.slice(at, at + 200), 10_000 + at));
      ends.written = true;
    })();
    let searches = 0;
    while (!ends.written || !(await methods()).includes('split')) {
      const at = searches % vectors.length;
      const { hits, coverage } = await client.search('notes', vectors[at]!, { mode: 'dense', k: 5 });
      assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length);
      if (!hits.some(({ id }) => Number(id) >= 10_000)) assert.equal(hits[0]?.id, String(at));
      assert.ok(coverage.full);
      searches += 1;
    }
    await writing;
    assert.ok(searches > 0);
    assert.ok((await client.collections.describe('notes')).lists > listsBefore);
  });

  it('goes on after a restart in the midst of it, and no list is too long at the end', async () => {
    await cluster.down();
    await cluster.up();
    await settled(cluster.client, 'notes', 2);
    for (;;) {
      const before = (await methods()).length;
      const refused = await cluster.client.training.train('notes', { method: 'split' }).then(
        () => null,
        (error: unknown) => String(error),
      );
      if (refused !== null && /no list has more than/.test(refused)) break;
      await settled(cluster.client, 'notes', 2);
      assert.ok((await methods()).length >= before);
    }
    assert.deepEqual(new Set(await methods()), new Set(['structure', 'split']));
  });

  it('is found as an exact search finds it, in fewer lists than there are', async () => {
    const { recall, probed, lists } = await recallOf(cluster.client, 'notes', askedAbout);
    assert.ok(recall >= 0.95, `recall is ${recall}`);
    assert.ok(probed < lists, `${probed} of ${lists} lists were probed`);
    for (const [i, vector] of skewed.entries()) {
      if (i % 8 > 0) continue;
      const { hits } = await cluster.client.search('notes', vector, { mode: 'dense', k: 1 });
      assert.equal(hits[0]?.id, String(10_000 + i));
    }
  });

  it('is the same on the replica that heard of it late', async () => {
    const both = await exactAnswers();
    const found = await recallOf(cluster.client, 'notes', askedAbout);
    await cluster.stopNode('shard-1');
    for (;;) {
      const { shards } = await cluster.client.cluster.shards('notes');
      if (shards[0]!.replicas.some(({ node, state }) => node === 'shard-1' && state !== 'ready')) break;
      await systemClock.pause();
    }
    assert.deepEqual(await exactAnswers(), both);
    assert.deepEqual(await recallOf(cluster.client, 'notes', askedAbout), found);
  });
});
