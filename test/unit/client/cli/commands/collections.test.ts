import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { float32From } from '../../../../../base/bytes.js';
import type { CreateCollectionRequest } from '../../../../../proto/generated/shoal/v1/collections.js';
import { npyBytes } from '../npy-bytes.js';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal collections', () => {
  const { shoal, fake, folder } = withFakeCoordinator();

  it('creates, describes, lists, updates and drops', async () => {
    const created = await shoal([
      'collections',
      'create',
      'papers',
      '--attributes',
      'year:int64,tags:string[]',
      '--json',
    ]);
    assert.equal(created.exitCode, 0);
    const { collection } = created.json() as { collection: Record<string, unknown> };
    assert.equal(collection['uid'], 'uid-papers');
    assert.deepEqual(collection['attributes'], { year: 'int64', tags: 'string[]' });
    assert.match((await shoal(['collections', 'describe', 'papers'])).stdout, /year:int64, tags:string\[\]/);
    assert.deepEqual((await shoal(['collections', 'describe', 'papers', '--json'])).json()['problems'], []);
    assert.match((await shoal(['collections', 'list'])).stdout, /papers/);
    const updated = (await shoal(['collections', 'update', 'papers', '--replicas', '3', '--json'])).json();
    assert.equal((updated['collection'] as Record<string, unknown>)['replicas'], 3);
    assert.doesNotMatch((await shoal(['collections', 'update', '--help'])).stdout, /--replicas <number>/);
    assert.equal((await shoal(['collections', 'drop', 'papers'])).stdout, 'dropped papers with 0 documents\n');
  });

  it('describes what is wrong with one, and what to do', async () => {
    await shoal(['collections', 'create', 'ill']);
    const { stdout } = await shoal(['collections', 'describe', 'ill']);
    assert.match(stdout, /on shard-1 does not serve\n {2}why: {2}the node is away\n {2}todo: wait/);
    const { problems } = (await shoal(['collections', 'describe', 'ill', '--json'])).json() as { problems: object[] };
    assert.equal(problems.length, 1);
  });

  it('points an alias, shows it, and takes it away', async () => {
    await shoal(['collections', 'create', 'papers']);
    const set = await shoal(['collections', 'alias', 'news', 'papers', '--json']);
    assert.deepEqual(set.json(), { alias: 'news', target: 'papers', collection: 'papers', uid: 'uid-papers' });
    assert.deepEqual((await shoal(['collections', 'list', '--json'])).json()['aliases'], { news: 'papers' });
    assert.match((await shoal(['collections', 'list'])).stdout, /news +papers/);
    assert.equal((await shoal(['collections', 'alias', 'news', '--drop'])).stdout, 'dropped the alias news\n');
    assert.equal((await shoal(['collections', 'alias', 'news', '--drop'])).exitCode, 1);
    for (const words of [['news'], ['news', 'papers', '--drop']])
      assert.equal((await shoal(['collections', 'alias', ...words])).exitCode, 2);
  });

  it('passes token pooling on, at most 16', async () => {
    const create = (pooling: string): ReturnType<typeof shoal> =>
      shoal(['collections', 'create', 'papers', '--token-pooling', pooling, '--json']);
    const { collection } = (await create('3')).json() as { collection: Record<string, unknown> };
    assert.equal(collection['tokenPooling'], 3);
    for (const pooling of ['0', '17', 'x']) assert.equal((await create(pooling)).exitCode, 2);
  });

  it('passes a structure, an expiry and directory partitions on', async () => {
    const path = join(folder(), 'c.npy');
    writeFileSync(
      path,
      npyBytes([
        [1, 0],
        [0, 1],
      ]),
    );
    const words = ['--model', 'none', '--centroids', path, '--shards', '2', '--directory-partitions', '3'];
    const created = await shoal(['collections', 'create', 'x', ...words, '--expires-by', 'until']);
    assert.equal(created.exitCode, 0, created.stderr);
    const request = fake().requests[0] as CreateCollectionRequest;
    assert.deepEqual(float32From(request.centroids, 'centroids'), Float32Array.of(1, 0, 0, 1));
    assert.deepEqual([request.dim, request.shards, request.directoryPartitions, request.expiresBy], [2, 2, 3, 'until']);
    assert.equal((await shoal(['collections', 'create', 'y', '--dim', '3', ...words])).exitCode, 2);
  });

  it('says what is wrong usage', async () => {
    const none = await shoal(['collections', 'create', 'x', '--model', 'none']);
    assert.deepEqual([none.exitCode, /--dim/.test(none.stderr)], [2, true]);
    const type = await shoal(['collections', 'create', 'x', '--attributes', 'year:int32']);
    assert.deepEqual([type.exitCode, /the types are string, int64/.test(type.stderr)], [2, true]);
    const nothing = await shoal(['collections', 'update', 'x']);
    assert.deepEqual([nothing.exitCode, /nothing to change/.test(nothing.stderr)], [2, true]);
  });

  it('ends with 1 where the cluster says no', async () => {
    const unknown = await shoal(['collections', 'describe', 'nothing', '--json']);
    assert.equal(unknown.exitCode, 1);
    assert.equal(unknown.stdout, '');
    const { error } = JSON.parse(unknown.stderr) as { error: { code: string; message: string } };
    assert.equal(error.code, 'NOT_FOUND');
    assert.match(error.message, /nothing does not exist; create it first/);
  });
});
