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
});
