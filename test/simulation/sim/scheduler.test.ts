/** The event loop of simulations ends a run as it should end. */
import assert from 'node:assert/strict';
import { Scheduler } from './scheduler.js';

describe('the scheduler of a simulation', () => {
  it('gives what its main gave', async () => {
    const scheduler = new Scheduler(1);
    assert.equal(await scheduler.run(() => scheduler.sleep(5).then(() => 7)), 7);
    assert.equal(scheduler.nowMs, 5);
  });

  it('fails by what was said to fail in the last moment', async () => {
    const scheduler = new Scheduler(1);
    const main = async (): Promise<void> => {
      await scheduler.sleep(1);
      scheduler.fail(new Error('must not happen'));
    };
    await assert.rejects(scheduler.run(main), /must not happen/);
  });
});
