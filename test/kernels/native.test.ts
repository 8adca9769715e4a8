import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kernelIsa } from '../../kernels/kernels.js';
import { chooseKernels, loadAddon } from '../../kernels/native.js';
import type { NativeKernels } from '../../kernels/native-kernels.js';
import { portableKernels } from '../../kernels/portable.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the choice of kernels', () => {
  it('runs the set that SHOAL_KERNELS forces', () => {
    const forced = process.env['SHOAL_KERNELS'];
    const best = loadAddon()?.available()[0] ?? 'typescript';
    assert.equal(kernelIsa(), forced === undefined || forced === '' ? best : forced);
  });

  it('refuses a set that this machine does not have, naming those it has', () => {
    const addon: NativeKernels = { ...portableKernels, available: () => ['avx2', 'reference'] };
    assert.throws(() => chooseKernels('avx512', addon), {
      code: 'FAILED_PRECONDITION',
      message: /SHOAL_KERNELS=avx512 is not available.*avx2, reference, typescript/,
    });
  });

  it('refuses a native set when the addon is not built, saying how to build it', () => {
    assert.throws(() => chooseKernels('avx2', null), {
      code: 'FAILED_PRECONDITION',
      message: /not built; run "npm run setup"/,
    });
  });

  it('falls back to the portable twins without an addon', () => {
    assert.equal(chooseKernels('', null), portableKernels);
  });

  it('takes the best set when nothing is forced', () => {
    const selected: string[] = [];
    const addon: NativeKernels = {
      ...portableKernels,
      available: () => ['avx2', 'reference'],
      select: (isa) => void selected.push(isa),
    };
    chooseKernels('', addon);
    assert.deepEqual(selected, ['avx2']);
  });

  it('prints nothing when it loads', async () => {
    const program = `import { loadKernels } from './kernels/kernels.ts'; loadKernels();`;
    const answer = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: root },
    );
    assert.deepEqual(answer, { stdout: '', stderr: '' });
  });
});
