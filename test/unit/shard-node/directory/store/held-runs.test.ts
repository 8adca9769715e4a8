/** Runs that somebody reads stay open until nobody does. */
import assert from 'node:assert/strict';
import { HeldRuns } from '../../../../../shard-node/directory/store/held-runs.js';
import type { Run } from '../../../../../shard-node/directory/store/run.js';

interface TestRun {
  closes: number;
}

function newRun(): Run & TestRun {
  const run = { closes: 0, close: (): void => void (run.closes += 1) };
  return run as unknown as Run & TestRun;
}

describe('held runs', () => {
  it('are closed once the last reader is through, where the store does not read them any more', () => {
    const [gone, used] = [newRun(), newRun()];
    const held = new HeldRuns((run) => run === used);
    const releases = [held.hold([gone, used]), held.hold([gone])];
    held.close(gone);
    releases[0]!();
    releases[0]!();
    assert.deepEqual([gone.closes, used.closes], [0, 0]);
    releases[1]!();
    assert.deepEqual([gone.closes, used.closes], [1, 0]);
  });

  it('that nobody holds are closed at once', () => {
    const run = newRun();
    new HeldRuns(() => false).close(run);
    assert.equal(run.closes, 1);
  });

  it('are closed together at the end, and only then', () => {
    const run = newRun();
    const held = new HeldRuns(() => false);
    const release = held.hold([run]);
    held.closeAll();
    release();
    assert.equal(run.closes, 1);
  });
});
