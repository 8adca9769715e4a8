import assert from 'node:assert/strict';
import { runShoal } from '../run-shoal.js';

describe('shoal bench', () => {
  it('takes the arguments of the benchmark as they are', async () => {
    const { stdout, exitCode } = await runShoal(['bench', '--help']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /shoal bench maxsim --smoke/);
  });
});
