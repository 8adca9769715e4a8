/** The kernels as ARM runs them, against the reference, on any machine: built by a compiler for ARM, run by an emulator. */
import assert from 'node:assert/strict';
import { skipBecause } from '../skip.js';
import { build, run, sanitizers } from './program.js';
import { armToolchain } from './toolchains.js';

const toolchain = armToolchain();

describe('kernels on ARM', function () {
  this.timeout(600_000);

  it('equal the reference at awkward sizes and extremes, within their arrays', async function () {
    if (toolchain === null) skipBecause(this, 'no compiler and emulator for ARM: see what the set-up says');
    const sources = ['difference.cc', 'extremes.cc'];
    const program = await build(toolchain, { sources, flags: ['-Werror', ...sanitizers] });
    const { code, output } = await run(toolchain, program, ['neon']);
    assert.deepEqual({ code, output }, { code: 0, output: 'neon: clean\n' });
  });
});
