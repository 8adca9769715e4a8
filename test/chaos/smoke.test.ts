/** The command that kills a real cluster, at the size that fits a run of the suite; longer by night. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChaosResult } from './run.js';

const isNightly = process.env['SHOAL_NIGHTLY'] === '1';
const flags = isNightly ? ['--kills', '100', '--operations', '100000', '--seed', '2'] : ['--smoke'];
const kills = isNightly ? 100 : 20;

describe('a cluster that is killed at random moments', () => {
  it(`loses nothing, brings nothing back and holds nothing twice (${kills} kills)`, async function () {
    this.timeout(kills * 30_000);
    const { code, stdout, stderr } = await run([...flags, '--json']);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout) as ChaosResult;
    assert.deepEqual(Object.keys(result), ['seed', 'kills', 'acknowledged', 'lost', 'resurrected', 'duplicates']);
    assert.deepEqual([result.kills, result.lost, result.resurrected, result.duplicates], [kills, 0, 0, 0]);
    assert.ok(result.acknowledged >= kills * 500, stdout);
  });
});

function run(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}
