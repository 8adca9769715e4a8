import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal collections', () => {
  const { shoal } = withFakeCoordinator();

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
    assert.match((await shoal(['collections', 'list'])).stdout, /papers/);
    const updated = (await shoal(['collections', 'update', 'papers', '--replicas', '3', '--json'])).json();
    assert.equal((updated['collection'] as Record<string, unknown>)['replicas'], 3);
    assert.equal((await shoal(['collections', 'drop', 'papers'])).stdout, 'dropped papers with 0 documents\n');
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
