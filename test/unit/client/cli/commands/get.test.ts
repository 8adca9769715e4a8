import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal get', () => {
  const { shoal } = withFakeCoordinator();

  it('shows a document, and ends with 1 for an unknown id', async () => {
    await shoal(['import', 'notes', '-'], {
      stdin: '{"_id":"1","title":"T","text":"x","attributes":{"tags":["a","b"]}}',
    });
    assert.match((await shoal(['get', 'notes', '1'])).stdout, /title {3}T\nwith {4}tags=a,b\n\nx/);
    assert.deepEqual((await shoal(['get', 'notes', '1', '--json'])).json(), {
      uid: 'uid-notes',
      id: '1',
      docId: '4096',
      title: 'T',
      text: 'x',
      attributes: { tags: ['a', 'b'] },
    });
    assert.equal((await shoal(['get', 'notes', '2'])).exitCode, 1);
  });
});
