import assert from 'node:assert/strict';
import { loadAddon } from '../../kernels/native.js';
import { portableKernels } from '../../kernels/portable.js';
import { skipBecause } from '../skip.js';

describe('the portable kernels', () => {
  it('offer what the addon offers', function () {
    const addon = loadAddon();
    if (addon === null) skipBecause(this, 'the native kernels are not built; run "npm run setup"');
    assert.deepEqual(Object.keys(portableKernels), Object.keys(addon));
  });
});
