/** The tools that look at the whole tree, each counted as one test: types, promises, formatting, generated code. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './tree.js';

const toolTimeoutMs = 300_000;

describe('the tools agree with', () => {
  it('the types (tsc)', function () {
    this.timeout(toolTimeoutMs);
    run('tsc', ['--noEmit', '--pretty', 'false']);
  });

  it('promises and type imports (eslint)', function () {
    this.timeout(toolTimeoutMs);
    run('eslint', ['.', '--max-warnings', '0', '--no-color']);
  });

  it('the formatting (prettier)', function () {
    this.timeout(toolTimeoutMs);
    run('prettier', ['--check', '--log-level', 'warn', '.']);
  });

  it('the wire contract (buf lint)', function () {
    this.timeout(toolTimeoutMs);
    run('buf', ['lint']);
  });

  it('the published wire contract, which only grows (buf breaking; npm run publish-contract sets a new one)', function () {
    this.timeout(toolTimeoutMs);
    run('buf', ['breaking', '--against', 'test/golden/wire-contract.binpb']);
  });

  it('the generated code, which is what the contract gives', function () {
    this.timeout(toolTimeoutMs);
    const folder = mkdtempSync(join(tmpdir(), 'shoal-generated-'));
    try {
      run('buf', ['generate', '--output', folder]);
      assert.deepEqual(
        filesBelow(join(root, 'proto/generated')),
        filesBelow(join(folder, 'proto/generated')),
        'npm run generate',
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function run(tool: string, args: readonly string[]): void {
  const binaries = join(root, 'node_modules/.bin');
  const path = `${binaries}${delimiter}${process.env['PATH'] ?? ''}`;
  const { status, stdout, stderr, error } = spawnSync(join(binaries, tool), args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(error, undefined);
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}${stderr}`);
}

/** Path → content of every file below `folder`. */
function filesBelow(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]));
}
