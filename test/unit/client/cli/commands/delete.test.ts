import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal delete', () => {
  const { shoal } = withFakeCoordinator();

  it('counts the documents that existed', async () => {
    await shoal(['import', 'notes', '-'], { stdin: '{"_id":"1","text":"x"}\n{"_id":"2","text":"y"}' });
    assert.deepEqual((await shoal(['delete', 'notes', '1', 'none', '--json'])).json(), {
      deleted: 1,
      sequence: '11',
      uid: 'uid-notes',
    });
    assert.equal((await shoal(['delete', 'notes', '2', 'none'])).stdout, '1 document deleted, 1 not found\n');
    assert.equal((await shoal(['delete', 'notes'])).exitCode, 2);
  });

  it('deletes what a filter lets through, and says where a filter is wrong', async () => {
    const stdin = '{"_id":"1","text":"x","attributes":{"kind":"old"}}\n{"_id":"2","text":"y"}';
    await shoal(['import', 'notes', '-'], { stdin });
    const result = await shoal(['delete', 'notes', '--filter', 'kind == "old"']);
    assert.equal(result.stdout, '1 document deleted\n');
    assert.equal((await shoal(['count', 'notes'])).stdout, '1\n');
    const wrong = await shoal(['delete', 'notes', '--filter', 'kind ==']);
    assert.deepEqual([wrong.exitCode, /position 4/.test(wrong.stderr)], [1, true]);
    assert.equal((await shoal(['delete', 'notes', '2', '--filter', 'kind == "old"'])).exitCode, 2);
  });
});
