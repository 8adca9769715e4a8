import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal status', () => {
  const { shoal } = withFakeCoordinator();

  it('tells health, nodes, and of each problem what to do', async () => {
    const { stdout, exitCode } = await shoal(['status']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /not healthy/);
    assert.match(stdout, /no encoder node\n {2}why: {2}none has joined\n {2}todo: start one/);
    const json = (await shoal(['status', '--json'])).json();
    assert.deepEqual(Object.keys(json), ['healthy', 'nodes', 'collections', 'problems', 'version']);
  });

  it('watches until interrupted', async () => {
    const { exitCode, stdout } = await shoal(['status', '--watch'], { interrupted: Promise.resolve('SIGINT') });
    assert.equal(exitCode, 0);
    assert.match(stdout, /not healthy/);
    assert.equal((await shoal(['status', '--watch', '--json'])).exitCode, 2);
  });
});
