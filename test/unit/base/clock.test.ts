/** Sleeping on a clock: until the time, or until somebody gives up. The system's clock is only asked what it promises. */
import assert from 'node:assert/strict';
import { sleep, systemClock } from '../../../base/clock.js';
import { FakeClock } from '../../fake-clock.js';

describe('sleep', () => {
  it('ends when its time has come and not before', async () => {
    const clock = new FakeClock();
    let isAwake = false;
    const slept = sleep(clock, 100).then(() => (isAwake = true));
    await clock.advance(99);
    assert.equal(isAwake, false);
    await clock.advance(1);
    await slept;
    assert.equal(clock.pending, 0);
  });

  it('ends at once when the signal aborts, and leaves no timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const slept = sleep(clock, 100, controller.signal);
    controller.abort();
    await slept;
    assert.equal(clock.pending, 0);
  });

  it('does not begin under a signal that has aborted already', async () => {
    const clock = new FakeClock();
    await sleep(clock, 100, AbortSignal.abort());
    assert.equal(clock.pending, 0);
  });
});

describe('the clock of the system', () => {
  it('counts wall time from 1970', () => assert.ok(systemClock.wallMs() > Date.UTC(2024, 0, 1)));

  it('never runs backwards', () => {
    const first = systemClock.monotonicMs();
    assert.ok(systemClock.monotonicMs() >= first);
  });

  it('lets other work have its turn during a pause', async () => {
    let hasRun = false;
    setImmediate(() => (hasRun = true));
    await systemClock.pause();
    assert.equal(hasRun, true);
  });

  it('fires a timer', () =>
    new Promise<void>((resolve) => {
      const keepAlive = setInterval(() => undefined, 1000);
      systemClock.after(0, () => {
        clearInterval(keepAlive);
        resolve();
      });
    }));

  it('does not fire a timer that was cancelled, and cancels twice without harm', async () => {
    let hasFired = false;
    const timer = systemClock.after(0, () => (hasFired = true));
    timer.cancel();
    timer.cancel();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(hasFired, false);
  });
});
