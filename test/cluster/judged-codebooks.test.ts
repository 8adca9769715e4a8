/** `train --method jpq` from the client to the replicas: what people called relevant comes earlier, and no document moves. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../base/errors.js';
import { scoreDense, toFloat16, topK } from '../../kernels/kernels.js';
import { cloudsOf } from '../unit/trainer/structure/clouds.js';
import { SmallCluster } from './small-cluster.js';
import { toyModel } from './toy-encoder.js';
import { segmentsOf, settled } from './trained-collection.js';

const shape = { dim: 32, clouds: 30, vectors: 2_000, queries: 900 };
const { dim, vectors, queries } = cloudsOf(shape);
/** Of the same vectors, from so far away that centroids say little. */
const { queries: far } = cloudsOf({ ...shape, queries: 1_200, apart: 3 });
const row = (rows: Float32Array, number: number): Float32Array => rows.subarray(number * dim, (number + 1) * dim);
const textsOf = (kind: string, rows: Float32Array): string[] =>
  Array.from({ length: rows.length / dim }, (_, number) => `${kind} ${number}`);
const texts = textsOf('query', queries);
const farTexts = textsOf('far', far);
const nearest = (query: Float32Array): string => {
  const all = Uint32Array.from({ length: shape.vectors }, (_, i) => i);
  return String(topK(scoreDense(toFloat16(vectors), dim, query, all), null, 1, -Infinity).rows[0]!);
};
/** What people wanted is what is nearest to something a little else than what they said. */
const relevant = texts.map((_, number) => {
  const meant = row(queries, number).map((value, j) => value * (j % 2 === 0 ? 0.75 : 1.25));
  return [nearest(meant)];
});

describe('a codebook learned from judgements', function () {
  this.timeout(300_000);
  let cluster: SmallCluster;

  before(async () => {
    const of = (text: string): Float32Array => {
      const [kind, number] = text.split(' ');
      const rows = kind === 'query' ? queries : kind === 'far' ? far : vectors;
      return row(rows, Number(number) || 0);
    };
    cluster = await SmallCluster.start({ encoder: { dense: { dim, of } } });
    const { collections, documents, training } = cluster.client;
    await collections.create('notes', { model: toyModel, autoTrain: false });
    for (let at = 0; at < 2_000; at += 500) {
      const some = Array.from({ length: 500 }, (_, i) => ({ id: String(at + i), text: `document ${at + i}` }));
      await documents.upsert('notes', some);
    }
    await training.train('notes', { seed: 3 });
    await settled(cluster.client, 'notes', 1);
  });

  after(() => cluster.close());

  it('is refused for judgements that cannot be learned from, and what serves goes on', async () => {
    const refused = async (options: object, why: RegExp): Promise<void> =>
      assert.rejects(
        cluster.client.training.train('notes', { method: 'jpq', queries: texts, relevant, ...options }),
        (error: unknown) => {
          assert.equal(ShoalError.from(error).code, 'INVALID_ARGUMENT');
          return why.test(ShoalError.from(error).message);
        },
      );
    await refused({ queries: [], relevant: [] }, /give both/);
    await refused({ relevant: relevant.slice(1) }, /900 queries and judgements of 899/);
    await refused({ relevant: relevant.with(3, []) }, /query number 4 has no relevant document/);
    await refused({ queries: texts.slice(0, 99), relevant: relevant.slice(0, 99) }, /99 different queries/);
    const unknown = relevant.with(3, ['3', 'nobody', 'nothing']);
    await refused({ relevant: unknown }, /name 2 documents that collection 'notes' does not have: 'nobody', 'nothing'/);
    await refused({ method: 'distill-vq' }, /'distill-vq' learns nothing from judgements/);
    assert.equal((await cluster.client.training.codebooks('notes')).active, 1);
  });

  it('is not published where the judgements are wrong', async () => {
    const wrong = relevant.map((_, number) => relevant[(number + 451) % relevant.length]!);
    const { training } = cluster.client;
    const { published, reason, codebook } = await training.train('notes', {
      ...{ method: 'jpq', queries: texts, relevant: wrong, seed: 2 },
    });
    assert.equal(published, false);
    assert.match(reason, /MRR@10 of held-out judged queries is 0\.\d+ by first codes/);
    assert.equal(codebook.heldOut.after, codebook.heldOut.before);
    assert.equal((await training.codebooks('notes')).active, 1);
  });

  it('puts what is relevant earlier, moves no document and rewrites no code', async () => {
    const { training } = cluster.client;
    const files = await segmentsOf(cluster.directory);
    assert.ok(files.length >= 1);
    const steps: string[] = [];
    const result = await training.train('notes', {
      ...{ method: 'jpq', queries: texts, relevant, seed: 2 },
      onProgress: ({ step }) => void steps.push(step),
    });
    const { heldOut, method, structureVersion } = result.codebook;
    assert.deepEqual([result.published, method, structureVersion], [true, 'jpq', 1]);
    assert.ok(heldOut.after > heldOut.before + 0.005, `${heldOut.before} before, ${heldOut.after} after`);
    assert.ok(steps.some((step) => /MRR@10 by judgements/.test(step)));
    assert.equal((await training.codebooks('notes')).active, result.version);
    assert.deepEqual(await segmentsOf(cluster.directory), files);
    assert.equal(await training.activate('notes', 1), 1);
  });

  it('has company in routes learned from queries, by which searches go while their version serves', async () => {
    const { training } = cluster.client;
    /** Of the first questions, those whose answer lies in the list that is read first. */
    const found = async (): Promise<number> => {
      let count = 0;
      for (const [number, text] of farTexts.slice(0, 200).entries()) {
        const options = { mode: 'dense', nprobe: 1, deadlineMs: 30_000 } as const;
        const { hits } = await cluster.client.search('notes', text, options);
        if (hits.some(({ id }) => id === nearest(row(far, number)))) count += 1;
      }
      return count;
    };
    const unlearned = await found();
    const { published, version, codebook } = await training.train('notes', {
      ...{ method: 'distill-vq', queries: farTexts, seed: 6 },
    });
    assert.ok(published && codebook.needed !== undefined && codebook.needed.after <= codebook.needed.before);
    const learned = await found();
    assert.ok(learned > unlearned, `${learned} instead of ${unlearned}`);
    await training.activate('notes', 1);
    assert.equal(await found(), unlearned);
    await training.activate('notes', version);
    assert.equal(await found(), learned);
  });
});
