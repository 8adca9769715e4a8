/** `train --method distill-vq` from the client to every replica: published, taken back and taken up again while the collection serves. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { checkArchive, readMembers, writeArchive } from '../../client/cli/backup/archive-folder.js';
import type { RunTraining, TrainingTask } from '../../shard-node/training/run-training.js';
import { runInThread } from '../../shard-node/training/thread.js';
import { writeLearnedParametersFile } from '../../vector-index/codebook/learned-parameters.js';
import { codedLists, readListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import { inFolder } from '../temporary-folder.js';
import { SmallCluster } from './small-cluster.js';
import { clusteredVectors, dim, fill, segmentsOf, settled } from './trained-collection.js';

const vectors = clusteredVectors(4_000, 1);
const queries = clusteredVectors(40, 2);

/** Trains in a thread, but learns what can be told from what there was: that every other list holds nothing. */
const learnsTooMuch: RunTraining = async (task, onProgress, ...rest) => {
  const { learn } = task;
  if (learn === undefined) return runInThread(task, onProgress, ...rest);
  const { words, subquantizers, dsub, ...codebook } = readListCodebookFile(learn.codebook);
  const lists = codedLists({ words, subquantizers, dsub, ...codebook });
  const listBiases = Float32Array.from({ length: lists }, (_, list) => (list % 2) * 10);
  const shape = { structureVersion: learn.version, dim, lists, subquantizers, dsub };
  return {
    parameters: writeLearnedParametersFile({ ...shape, scanWords: words, listBiases }),
    ...{ lists, copies: 1, secondBits: 4, sampled: 100, heldOutBefore: 0.5, heldOutAfter: 0.6 },
    ...{ probes: [], shortProbes: [] },
  };
};

describe('a learned codebook', function () {
  this.timeout(300_000);
  let cluster: SmallCluster;
  let run: RunTraining = runInThread;

  before(async () => {
    const train =
      (): RunTraining =>
      (task: TrainingTask, ...rest) =>
        run(task, ...rest);
    cluster = await SmallCluster.start({ shardNodes: 2, replicas: 2, train });
    await fill(cluster.client, 'notes', vectors);
  });

  after(() => cluster.close());

  it('is refused where there are no codes, and for what learning does not take', async () => {
    const { training } = cluster.client;
    const refused = async (options: object, code: string, why: RegExp): Promise<void> =>
      assert.rejects(training.train('notes', { method: 'distill-vq', ...options }), (error: unknown) => {
        assert.equal(ShoalError.from(error).code, code);
        return why.test(ShoalError.from(error).message);
      });
    await refused({}, 'FAILED_PRECONDITION', /was not trained.*'structure' first/);
    await training.train('notes', { seed: 5 });
    await settled(cluster.client, 'notes', 2);
    await refused({ secondBits: 3 }, 'INVALID_ARGUMENT', /'distill-vq' keeps all codes/);
    await refused({ queries: ['who?'] }, 'INVALID_ARGUMENT', /no encoder model.*its own vectors/);
    await refused({ method: 'split', queries: ['who?'] }, 'INVALID_ARGUMENT', /'split' learns nothing from queries/);
  });

  it('is learned in a thread from the vectors themselves, and not published after a dry run', async () => {
    const result = await cluster.client.training.train('notes', { method: 'distill-vq', dryRun: true, seed: 1 });
    const { heldOut, structureVersion } = result.codebook;
    assert.deepEqual([result.published, result.version, structureVersion], [false, 0, 0]);
    assert.ok(heldOut.before > 0.2 && heldOut.after > heldOut.before && heldOut.after <= 1);
    assert.equal((await cluster.client.training.codebooks('notes')).active, 1);
  });

  it('moves no document and rewrites no code, and searches never fail meanwhile', async () => {
    const files = await segmentsOf(cluster.directory);
    assert.ok(files.length >= 2);
    run = learnsTooMuch;
    const asking = { ends: false, answered: 0 };
    const asked = Promise.all([ask(asking), ask(asking)]);
    const { training, collections } = cluster.client;
    const before = await found();
    const result = await training.train('notes', { method: 'distill-vq', seed: 1 });
    assert.deepEqual([result.published, result.from, result.version], [true, 1, 2]);
    const { structureVersion, codebookVersion, parametersVersion } = await collections.describe('notes');
    assert.deepEqual([structureVersion, codebookVersion, parametersVersion], [1, 1, 2]);
    const { active, versions } = await training.codebooks('notes');
    assert.deepEqual(
      [active, versions.map((each) => [each.version, each.structureVersion, each.method])],
      [
        2,
        [
          [1, 1, 'structure'],
          [2, 1, 'distill-vq'],
        ],
      ],
    );
    // What was learned is so wrong that nobody can miss that it is read.
    assert.ok((await found()) < before - 0.2);
    assert.equal(await training.activate('notes', 1), 1);
    assert.equal(await found(), before);
    assert.equal(await training.activate('notes', 2), 2);
    assert.ok((await found()) < before - 0.2);
    asking.ends = true;
    await asked;
    assert.ok(asking.answered > 10);
    assert.deepEqual(await segmentsOf(cluster.directory), files);
  });

  it('serves on after a restart, and from a backup', async () => {
    const learned = await found();
    await cluster.down();
    await cluster.up();
    await settled(cluster.client, 'notes', 2);
    assert.equal(await found(), learned);
    await inFolder(async (folder) => {
      const { client } = cluster;
      const archive = join(folder, 'backup');
      await writeArchive(archive, client.backups.backup('notes'));
      const { manifest, bytes } = await checkArchive(archive);
      await client.backups.restore({ collection: 'copy', manifest: bytes, members: readMembers(archive, manifest) });
      await settled(client, 'copy', 2);
      assert.equal((await client.training.codebooks('copy')).active, 2);
      assert.equal(await found('copy'), learned);
      await client.collections.drop('copy');
    });
  });

  it('ends with the structure that it was learned for, and leaves no object behind', async () => {
    const { training, collections } = cluster.client;
    await training.train('notes', { seed: 6 });
    await settled(cluster.client, 'notes', 2);
    assert.equal((await training.codebooks('notes')).active, 3);
    assert.ok((await found()) >= 0.95);
    await assert.rejects(training.activate('notes', 2), /belongs to structure 1; structure 3 serves/);
    await collections.drop('notes');
    assert.deepEqual(await cluster.embedded.objects.list('parameters/'), []);
  });

  /** Share of the ten exact hits that a search by the codes of all lists finds: of a few lists so small all rows are scored exactly. */
  async function found(name = 'notes'): Promise<number> {
    const { lists } = await cluster.client.collections.describe(name);
    const sums = { found: 0, wanted: 0 };
    for (const query of queries) {
      const options = { mode: 'dense', k: 10 } as const;
      const { hits } = await cluster.client.search(name, query, { ...options, nprobe: lists });
      const exact = await cluster.client.search(name, query, { ...options, exact: true });
      const ids = new Set(hits.map(({ id }) => id));
      sums.found += exact.hits.filter(({ id }) => ids.has(id)).length;
      sums.wanted += exact.hits.length;
    }
    return sums.found / sums.wanted;
  }

  async function ask(until: { ends: boolean; answered: number }): Promise<void> {
    for (let at = 0; !until.ends; at += 1) {
      const { hits, coverage } = await cluster.client.search('notes', queries[at % queries.length]!, { mode: 'dense' });
      assert.ok(coverage.full && hits.length === 10);
      until.answered += 1;
    }
  }
});
