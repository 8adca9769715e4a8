import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../../../client/cli/package-root.js';
import { runShoal } from '../run-shoal.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

describe('shoal dev', () => {
  const folder = folderOfSuite();

  it('prints what the README says', () => {
    const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
    assert.deepEqual(readme.match(/ready [a-z0-9.]+:\d+/g), ['ready 127.0.0.1:7420']);
  });

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
