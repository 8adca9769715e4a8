import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShoal } from '../run-shoal.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

describe('shoal verify', () => {
  const folder = folderOfSuite();

  it('names damage and ends with 1', async () => {
    mkdirSync(join(folder, 'shard'));
    writeFileSync(join(folder, 'shard', 'manifest'), 'damaged');
    const result = await runShoal(['verify', folder, '--json']);
    assert.equal(result.exitCode, 1);
    const { indexes, problems } = result.json() as { indexes: number; problems: string[] };
    assert.deepEqual([indexes, problems.length], [1, 1]);
    assert.match(problems[0] ?? '', /manifest/);
  });

  it('says where there is nothing to verify', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    assert.match((await runShoal(['verify', empty])).stderr, /no index below/);
    assert.match((await runShoal(['verify', join(folder, 'none')])).stderr, /cannot read/);
  });
});
