import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal set', () => {
  const { shoal } = withFakeCoordinator();

  it('changes attributes by the types that the collection has, and removes them', async () => {
    await shoal([
      'collections',
      'create',
      'notes',
      '--attributes',
      'year:int64,tags:string[],at:timestamp,code:string',
    ]);
    await shoal(['import', 'notes', '-'], { stdin: '{"_id":"1","text":"x","attributes":{"draft":true}}' });
    const words = ['year=9007199254740993', 'tags=["a","b"]', 'at=2026-01-31T12:00:00Z', 'code=7', '--remove', 'draft'];
    const set = await shoal(['set', 'notes', '1', ...words, '--json']);
    assert.equal(set.exitCode, 0, set.stderr);
    assert.deepEqual(set.json(), { id: '1', docId: '8192', sequence: '13', uid: 'uid-notes' });
    assert.deepEqual((await shoal(['get', 'notes', '1', '--json'])).json()['attributes'], {
      year: '9007199254740993',
      tags: ['a', 'b'],
      at: '2026-01-31T12:00:00.000Z',
      code: '7',
    });
  });

  it('ends with 1 for an unknown document or a value of another type, with 2 for wrong usage', async () => {
    await shoal(['collections', 'create', 'notes', '--attributes', 'year:int64']);
    for (const words of [
      ['none', 'a=1'],
      ['none', 'year=soon'],
    ])
      assert.equal((await shoal(['set', 'notes', ...words])).exitCode, 1);
    for (const words of [['1'], ['1', 'year'], ['1', '=3'], ['1', 'a=1', 'a=2'], ['1', 'a=1', '--remove', 'a']])
      assert.equal((await shoal(['set', 'notes', ...words])).exitCode, 2, words.join(' '));
  });
});
