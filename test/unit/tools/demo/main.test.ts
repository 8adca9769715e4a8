import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../../../client/cli/package-root.js';

function demo(...words: string[]): { status: number | null; text: string } {
  const args = ['--import', 'tsx', join('tools', 'demo', 'main.ts'), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: packageRoot(), encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

describe('the demo', () => {
  it('tells its options, and refuses a number of documents that there are not', () => {
    const help = demo('--help');
    assert.deepEqual([help.status, /--documents <number>/.test(help.text)], [0, true]);
    const wrong = demo('--documents', '0');
    assert.deepEqual([wrong.status, /from 1 to 117791/.test(wrong.text)], [2, true]);
  });
});
