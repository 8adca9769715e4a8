/**
 * The set-up in a small tree of its own: what it does once, what it leaves alone, and what it says when something is missing.
 *
 * PATH holds only what a test puts there, so that a machine without a compiler can be had anywhere. No test downloads anything: the
 * tree's lock file names no package, and its compiler is a script.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly lines: readonly string[];
}

const tools = fileURLToPath(new URL('../../tools/setup', import.meta.url));

describe('set-up', function () {
  this.timeout(60_000);
  let tree = '';

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'shoal-setup-'));
    cpSync(tools, join(tree, 'tools/setup'), { recursive: true });
    const manifest = { name: 'tree', version: '1.0.0', engines: { node: '>=20.19' } };
    write('package.json', JSON.stringify(manifest));
    write('package-lock.json', JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { '': manifest } }));
    write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
    mkdirSync(join(tree, 'bin'));
  });

  afterEach(() => rmSync(tree, { recursive: true, force: true }));

  it('is silent and leaves standard output alone when there is nothing to do, from any directory', async () => {
    const { code, stdout, lines } = await setUp([]);
    assert.deepEqual({ code, stdout, lines }, { code: 0, stdout: '', lines: [] });
  });

  it('says in one line that the portable kernels take over where no compiler is', async () => {
    write('binding.gyp', '{}');
    for (const purpose of [[], ['--for', 'demo'], ['--for', 'bench']]) {
      const { code, lines } = await setUp(purpose);
      assert.equal(code, 0);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /no native kernels: a C\+\+ compiler and make and python3 not found/);
      assert.match(lines[0] ?? '', /portable TypeScript kernels take over .*several times slower.*install .*python3/);
    }
  });

  it('builds the kernels once for the same sources, and again when one changes', async () => {
    provideCompiler();
    provideGyp(`require('node:fs').mkdirSync('build/Release', { recursive: true });
      require('node:fs').writeFileSync('build/Release/shoal.node', '');`);
    write('kernels/dot/avx2.cc', '// one');
    assert.deepEqual((await setUp([])).lines, ['set-up: building the native kernels']);
    assert.deepEqual((await setUp([])).lines, []);
    write('kernels/dot/avx2.cc', '// two');
    assert.deepEqual((await setUp([])).lines, ['set-up: building the native kernels']);
    rmSync(join(tree, 'build'), { recursive: true });
    assert.deepEqual((await setUp([])).lines, ['set-up: building the native kernels']);
  });

  it('goes on without kernels that fail to build, names the log, and does not try again by itself', async () => {
    provideCompiler();
    provideGyp(`console.error('no such instruction'); process.exit(1);`);
    const first = await setUp(['--for', 'demo']);
    assert.equal(first.code, 0);
    assert.match(first.lines[1] ?? '', /failed to build, see .*addon\.log; the portable TypeScript kernels take over/);
    const second = await setUp(['--for', 'demo']);
    assert.equal(second.code, 0);
    assert.equal(second.lines.length, 1);
  });

  it('fails with the compiler’s words when the kernels fail to build for the suite or in CI', async () => {
    provideCompiler();
    provideGyp(`console.error('no such instruction'); process.exit(1);`);
    for (const [purpose, environment] of [
      [['--for', 'test'], {}] as const,
      [['--for', 'demo'], { CI: 'true' }] as const,
    ]) {
      const { code, lines } = await setUp(purpose, environment);
      assert.equal(code, 1);
      assert.match(lines.join('\n'), /no such instruction/);
    }
  });

  it('says how to get the tools of the tests where Go is missing, and fails in CI', async () => {
    const { code, lines } = await setUp(['--for', 'test']);
    assert.equal(code, 0);
    assert.match(lines.join('\n'), /tests are skipped that need grpcurl and ghz; .*install Go/);
    assert.match(lines.join('\n'), /go install github\.com\/fullstorydev\/grpcurl\/cmd\/grpcurl@v\d/);
    assert.equal((await setUp(['--for', 'test'], { CI: 'true' })).code, 1);
  });

  it('says how to get a compiler for ARM where Debian’s packages are not to be had', async () => {
    if (process.arch === 'arm64') return;
    for (const [purpose, wanted] of [
      ['test', /that need a compiler for ARM and an emulator \(apt-get.* not found\).*install g\+\+-aarch64-linux-gnu/],
      ['nightly', /that need Clang with libFuzzer \(apt-get.* not found\).*install clang/],
    ] as const) {
      const { code, lines } = await setUp(['--for', purpose]);
      assert.equal(code, 0);
      assert.match(lines.join('\n'), wanted);
    }
    const demo = await setUp(['--for', 'demo']);
    assert.doesNotMatch(demo.lines.join('\n'), /ARM|Clang/);
  });

  it('refuses a Node that is too old in one line', async () => {
    const manifest = { name: 'tree', version: '1.0.0', engines: { node: '>=99.0' } };
    write('package.json', JSON.stringify(manifest));
    const { code, lines } = await setUp([]);
    assert.equal(code, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /needs Node 99\.0 or newer, and this is Node \d+/);
  });

  it('refuses an unknown purpose with exit code 2', async () => {
    assert.equal((await setUp(['--for', 'fun'])).code, 2);
  });

  it('waits for another set-up of the same tree instead of building twice', async () => {
    provideCompiler();
    provideGyp(`require('node:fs').mkdirSync('build/Release', { recursive: true });
      require('node:fs').writeFileSync('build/Release/shoal.node', '');`);
    const both = await Promise.all([setUp([]), setUp([])]);
    const built = both.flatMap(({ lines }) => lines.filter((line) => line.includes('building')));
    assert.deepEqual(built, ['set-up: building the native kernels']);
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }

  function provideCompiler(): void {
    for (const name of ['g++', 'make', 'python3']) {
      write(`bin/${name}`, '#!/bin/sh\nexit 0\n');
      chmodSync(join(tree, 'bin', name), 0o755);
    }
    write('binding.gyp', '{}');
  }

  function provideGyp(program: string): void {
    write('node_modules/node-gyp/bin/node-gyp.js', program);
  }

  function setUp(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
    const child = spawn(process.execPath, [join(tree, 'tools/setup/setup.mjs'), ...args], {
      cwd: tmpdir(),
      env: { PATH: join(tree, 'bin'), HOME: tree, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve) =>
      child.on('close', (code) => resolve({ code, stdout, lines: stderr.split('\n').filter((line) => line !== '') })),
    );
  }
});
