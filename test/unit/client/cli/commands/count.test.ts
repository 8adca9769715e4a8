import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal count', () => {
  const { shoal } = withFakeCoordinator();

  it('prints the number alone', async () => {
    await shoal(['import', 'notes', '-'], { stdin: '{"_id":"1","text":"x"}' });
    assert.equal((await shoal(['count', 'notes'])).stdout, '1\n');
    assert.deepEqual((await shoal(['count', 'notes', '--json'])).json(), { documents: 1, uid: 'uid-notes' });
  });

  it('counts what a filter lets through', async () => {
    const stdin = '{"_id":"1","text":"x","attributes":{"kind":"a"}}\n{"_id":"2","text":"y"}';
    await shoal(['import', 'notes', '-'], { stdin });
    const words = ['--filter', 'kind == "a"', '--min-sequence', 'uid-notes:9'];
    assert.equal((await shoal(['count', 'notes', ...words])).stdout, '1\n');
    assert.equal((await shoal(['count', 'notes', '--min-sequence', '9'])).exitCode, 2);
  });
});
