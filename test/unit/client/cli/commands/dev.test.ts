import assert from 'node:assert/strict';
import { runShoal } from '../run-shoal.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

describe('shoal dev', () => {
  const folder = folderOfSuite();

  it('says where it serves, and ends with 0 when told to', async () => {
    const words = ['dev', '--data', folder, '--port', '0', '--encoder-nodes', '0', '--json'];
    const result = await runShoal(words, { interrupted: Promise.resolve('SIGTERM') });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(String(result.json()['ready']), /^127\.0\.0\.1:\d+$/);
  });

  it('says what is wrong usage', async () => {
    assert.equal((await runShoal(['dev', '--port', '70000'])).exitCode, 2);
    assert.equal((await runShoal(['dev', '--shard-nodes', '0'])).exitCode, 2);
  });
});
