import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../../client/cli/package-root.js';

const launcher = join(packageRoot(), 'client', 'cli', 'shoal.mjs');

describe('the shoal command', () => {
  it('runs from the sources of a checkout, with the exit code of the run', () => {
    const version = spawnSync(process.execPath, [launcher, '--version'], { encoding: 'utf8' });
    assert.deepEqual([version.status, /^\d+\.\d+\.\d+\n$/.test(version.stdout), version.stderr], [0, true, '']);
    assert.equal(spawnSync(process.execPath, [launcher, 'serch']).status, 2);
  });

  it('says what to do where dependencies are missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-launcher-'));
    try {
      const bare = join(folder, 'client', 'cli');
      cpSync(launcher, join(bare, 'shoal.mjs'), { recursive: true });
      cpSync(join(packageRoot(), 'client', 'cli', 'main.ts'), join(bare, 'main.ts'));
      const result = spawnSync(process.execPath, [join(bare, 'shoal.mjs'), 'status'], { encoding: 'utf8' });
      assert.equal(result.status, 1);
      assert.match(result.stderr, /dependencies are missing; run `npm run setup`/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
