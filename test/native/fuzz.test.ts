/**
 * The native door under AddressSanitizer and UBSan, called with arguments whose lengths, offsets and contents are wrong in every way
 * that damaged files and careless callers could think of. It runs in plain C++ on a Node-API of its own (node-api.h): by day from a
 * fixed seed, at night as libFuzzer searches.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipBecause } from '../skip.js';
import { build, run, sanitizers, type Program } from './program.js';
import { clangToolchain, machineToolchain, nodeFlags, root } from './toolchains.js';

const inputs = 40_000;
const nightlySeconds = 600;
const seed = process.env['SHOAL_SEED'] ?? '1';
const isNightly = process.env['SHOAL_NIGHTLY'] === '1';

describe('the native door', function () {
  this.timeout(nightlySeconds * 2000);

  it('refuses or answers whatever it is called with, alike on every set, and touches nothing else', async function () {
    const toolchain = machineToolchain();
    if (toolchain === null || nodeFlags().length === 0)
      skipBecause(this, 'no C++ compiler or no headers of Node: install g++');
    const flags = ['-Werror', ...sanitizers];
    const program = await build(toolchain, fuzzer(['fuzz-main.cc'], flags));
    const { code, output } = await run(toolchain, program, [seed, String(inputs)]);
    assert.equal(code, 0, output);
    const doors = output
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    assert.deepEqual(
      doors.filter(([, answered, refused]) => answered === '0' || refused === '0'),
      [],
      'doors that never answered, or never refused',
    );
  });

  if (!isNightly) return;
  it(`stands ${nightlySeconds} s of a fuzzer that looks for new ways through it`, async function () {
    const toolchain = clangToolchain();
    if (toolchain === null || nodeFlags().length === 0)
      skipBecause(this, 'no Clang with libFuzzer: see what the set-up says');
    const flags = ['-fsanitize=fuzzer,address,undefined,float-cast-overflow', '-fno-sanitize-recover=all'];
    const program = await build(toolchain, fuzzer([], flags));
    const corpus = mkdtempSync(join(tmpdir(), 'shoal-fuzz-'));
    try {
      const limits = [
        `-max_total_time=${nightlySeconds}`,
        '-max_len=4096',
        '-timeout=30',
        `-artifact_prefix=${root}.cache/`,
      ];
      const { code, output } = await run(toolchain, program, [corpus, ...limits]);
      assert.equal(code, 0, output.slice(-10_000));
    } finally {
      rmSync(corpus, { recursive: true, force: true });
    }
  });
});

function fuzzer(more: readonly string[], flags: readonly string[]): Program {
  return {
    sources: ['doors-of-lists.cc', 'doors-of-rows.cc', 'fuzz.cc', 'node-api.cc', ...more],
    hasBindings: true,
    flags,
  };
}
