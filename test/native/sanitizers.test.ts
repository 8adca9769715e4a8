/** Every native kernel that this machine can run under AddressSanitizer and UBSan, over arrays of exactly the promised size. */
import assert from 'node:assert/strict';
import { loadAddon } from '../../kernels/native.js';
import { skipBecause } from '../skip.js';
import { build, run, sanitizers } from './program.js';
import { machineToolchain } from './toolchains.js';

const toolchain = machineToolchain();

describe('native kernels under sanitizers', function () {
  this.timeout(600_000);

  it('touch nothing outside their arrays, do nothing undefined, and equal the reference', async function () {
    if (toolchain === null) skipBecause(this, 'no C++ compiler: install g++');
    const sources = ['difference.cc', 'extremes.cc'];
    const program = await build(toolchain, { sources, flags: ['-Werror', ...sanitizers] });
    const { code, output } = await run(toolchain, program, []);
    const sets = loadAddon()?.available() ?? output.split('\n').flatMap((line) => line.match(/^\w+/)?.[0] ?? []);
    assert.deepEqual({ code, output }, { code: 0, output: sets.map((set) => `${set}: clean\n`).join('') });
  });
});
