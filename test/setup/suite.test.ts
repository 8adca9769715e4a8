/** The suite's own promises: its last line, its exit code, the reasons of skipped tests; and that CI accepts nothing less. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sum, summaryOf, type FolderResults } from '../results.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly lines: readonly string[];
}

describe('the results of folders', () => {
  it('add up and end in one line', () => {
    const left: FolderResults = { passed: 2, failures: [{ title: 'a' }], skipped: [] };
    const right: FolderResults = { passed: 3, failures: [], skipped: [{ title: 'b', reason: 'no Go' }] };
    assert.equal(summaryOf(sum(left, right)), '5 passed, 1 failed, 1 skipped');
  });
});

describe('the suite', function () {
  this.timeout(60_000);

  it('ends with its summary and fails when no test ran', () => {
    const { status, lines } = node([
      '--import',
      'tsx',
      'test/run.ts',
      'tidy/code.test.ts',
      '--grep',
      'no test is named so',
    ]);
    assert.equal(status, 1);
    assert.equal(lines.at(-1), '0 passed, 0 failed, 0 skipped');
  });

  it('refuses a folder that does not exist', () => {
    assert.equal(node(['--import', 'tsx', 'test/run.ts', 'no-such-folder']).status, 2);
  });
});

describe('one folder', function () {
  this.timeout(60_000);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(root, '.cache', 'suite-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('counts passed, failed and skipped tests, with the reasons that they gave', () => {
    const { results, output } = run(`
      import { skipBecause } from '../../test/skip.js';
      describe('x', () => {
        it('passes', () => {});
        it('fails', () => { throw new Error('five is not four'); });
        it('needs something', function () { skipBecause(this, 'grpcurl is missing'); });
        describe('all of these', () => {
          before(function () { skipBecause(this, 'no data'); });
          it('need data', () => {});
        });
      });`);
    assert.equal(results.passed, 1);
    assert.deepEqual(results.failures, [{ title: 'x fails' }]);
    assert.deepEqual(results.skipped, [
      { title: 'x needs something', reason: 'grpcurl is missing' },
      { title: 'x all of these need data', reason: 'no data' },
    ]);
    assert.match(output, /five is not four/);
  });

  it('counts a file that cannot be loaded as failed and runs the others', () => {
    writeFileSync(join(folder, 'broken.test.ts'), `import './not-there.js';`);
    const { results } = run(`it('passes', () => {});`, ['broken.test.ts']);
    assert.equal(results.passed, 1);
    assert.equal(results.failures.length, 1);
    assert.match(results.failures[0]?.title ?? '', /broken\.test\.ts can be loaded/);
  });

  function run(text: string, others: readonly string[] = []): { results: FolderResults; output: string } {
    writeFileSync(join(folder, 'a.test.ts'), text);
    const resultsFile = join(folder, 'results.json');
    const files = [...others, 'a.test.ts'].map((name) => join(folder, name));
    const { lines } = node(['--import', 'tsx', 'test/folder.ts', resultsFile, '', ...files]);
    return { results: JSON.parse(readFileSync(resultsFile, 'utf8')) as FolderResults, output: lines.join('\n') };
  }
});

describe('.ci/run', function () {
  this.timeout(60_000);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoal-ci-'));
    mkdirSync(join(folder, 'bin'));
    cpSync(join(root, '.ci'), join(folder, '.ci'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('passes with the suite, and keeps its last line last', () => {
    const { status, lines } = ci('echo working; echo "7 passed, 0 failed, 0 skipped"');
    assert.equal(status, 0);
    assert.deepEqual(lines, ['working', '7 passed, 0 failed, 0 skipped']);
  });

  it('fails with the suite', () => {
    const { status, lines } = ci('echo "7 passed, 1 failed, 0 skipped"; exit 1');
    assert.equal(status, 1);
    assert.equal(lines.at(-1), '7 passed, 1 failed, 0 skipped');
  });

  it('fails when a test was skipped', () => {
    const { status, lines } = ci('echo "7 passed, 0 failed, 2 skipped"');
    assert.equal(status, 1);
    assert.equal(lines.at(-1), '7 passed, 0 failed, 2 skipped');
  });

  it('fails when there is no summary', () => assert.equal(ci('echo nothing').status, 1));

  function ci(npm: string): Ended {
    writeFileSync(join(folder, 'bin/npm'), `#!/bin/sh\n${npm}\n`);
    chmodSync(join(folder, 'bin/npm'), 0o755);
    const path = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    return ended(
      spawnSync(join(folder, '.ci/run'), [], { cwd: tmpdir(), env: { ...process.env, PATH: path }, encoding: 'utf8' }),
    );
  }
});

function node(args: readonly string[]): Ended {
  return ended(spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
}

function ended({ status, stdout }: { readonly status: number | null; readonly stdout: string }): Ended {
  return { status, lines: stdout.split('\n').filter((line) => line !== '') };
}
