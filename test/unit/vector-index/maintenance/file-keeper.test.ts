import assert from 'node:assert/strict';
import type { Files } from '../../../../vector-index/files.js';
import { FileKeeper } from '../../../../vector-index/maintenance/file-keeper.js';

function rig(): { keeper: FileKeeper; removed: string[] } {
  const removed: string[] = [];
  const files = { remove: async (path: string) => void removed.push(path) } as unknown as Files;
  return { keeper: new FileKeeper(files, '/d'), removed };
}

describe('files that are no longer named', () => {
  it('are removed at once when nobody holds them', async () => {
    const { keeper, removed } = rig();
    await keeper.remove(['a', null, 'b']);
    assert.deepEqual(removed, ['/d/a', '/d/b']);
  });

  it('stay until the last holder lets them go', async () => {
    const { keeper, removed } = rig();
    keeper.hold(['a', 'b']);
    keeper.hold(['a']);
    await keeper.remove(['a']);
    await keeper.release(['a', 'b']);
    assert.deepEqual(removed, []);
    await keeper.release(['a']);
    assert.deepEqual(removed, ['/d/a']);
    await keeper.remove(['b']);
    assert.deepEqual(removed, ['/d/a', '/d/b']);
  });
});
