import assert from 'node:assert/strict';
import { kernelIsa } from '../../../kernels/kernels.js';
import { instructionSet } from '../../../vector-index/instruction-set.js';

describe('the instruction set', () => {
  it('is that of the kernels in use, by a name that status shows', () => {
    assert.equal(instructionSet(), kernelIsa());
    assert.match(instructionSet(), /^(avx512|avx2|neon|reference|typescript)$/);
  });
});
