import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal backup', () => {
  const { shoal, folder } = withFakeCoordinator();

  it('writes a folder that appears whole, and says what it is', async () => {
    await shoal(['collections', 'create', 'notes']);
    const to = join(folder(), 'monday');
    const result = await shoal(['backup', 'notes', `${to}/`, '--json']);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(result.json(), {
      collection: 'notes',
      uid: 'abc',
      sequence: '9',
      folder: to,
      members: 2,
      bytes: 24,
    });
    assert.deepEqual(readdirSync(to).sort(), ['backup-manifest', 'shard-0.log', 'shard-0.manifest']);
    assert.equal((await shoal(['backup', 'notes', to])).exitCode, 1);
  });

  it('leaves nothing where it failed', async () => {
    const to = join(folder(), 'none');
    const result = await shoal(['backup', 'none', to, '--json']);
    assert.deepEqual([result.exitCode, /NOT_FOUND/.test(result.stderr)], [1, true]);
    assert.ok(!existsSync(to) && !existsSync(`${to}.partial`));
  });
});
