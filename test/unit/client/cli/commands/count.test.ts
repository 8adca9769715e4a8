import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal count', () => {
  const { shoal } = withFakeCoordinator();

  it('prints the number alone', async () => {
    await shoal(['import', 'notes', '-'], { stdin: '{"_id":"1","text":"x"}' });
    assert.equal((await shoal(['count', 'notes'])).stdout, '1\n');
    assert.deepEqual((await shoal(['count', 'notes', '--json'])).json(), { documents: 1, uid: 'uid-notes' });
  });
});
