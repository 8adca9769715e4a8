import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal restore', () => {
  const { shoal, folder, fake } = withFakeCoordinator();

  it('sends a backup that is whole, and says what came of it', async () => {
    await shoal(['collections', 'create', 'notes']);
    const from = join(folder(), 'monday');
    await shoal(['backup', 'notes', from]);
    const result = await shoal(['restore', from, 'copy', '--json']);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(result.json(), { collection: 'copy', uid: 'uid-restored', documents: 3, sequence: '12' });
    assert.equal((await shoal(['restore', from, 'copy'])).stdout, 'restored copy with 3 documents\n');
    const taken = await shoal(['restore', from, 'notes', '--json']);
    assert.deepEqual([taken.exitCode, /ALREADY_EXISTS/.test(taken.stderr)], [1, true]);
  });

  it('sends nothing of a damaged one', async () => {
    await shoal(['collections', 'create', 'notes']);
    const from = join(folder(), 'monday');
    await shoal(['backup', 'notes', from]);
    writeFileSync(join(from, 'shard-0.manifest'), 'the manifest of AN index');
    const result = await shoal(['restore', from, 'copy', '--json']);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /"DATA_LOSS","message":"member 'shard-0.manifest' of the backup is damaged/);
    assert.deepEqual(fake().restored, []);
    assert.equal((await shoal(['restore', join(folder(), 'none'), 'copy'])).exitCode, 1);
  });
});
