/** Waiting until something holds. */
import assert from 'node:assert/strict';
import { Deadline } from '../../../base/deadline.js';
import { Waiters } from '../../../base/waiters.js';
import { FakeClock } from '../../fake-clock.js';

describe('waiters', () => {
  it('look again whenever they are woken', async () => {
    const waiters = new Waiters();
    const state = { value: 0 };
    const deadline = Deadline.after(new FakeClock(), 1_000);
    const waiting = waiters.until(() => state.value === 2, deadline);
    for (const value of [1, 2]) {
      state.value = value;
      waiters.wake();
      await Promise.resolve();
    }
    await waiting;
    deadline.close();
  });

  it('give up at their deadline', async () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(clock, 1_000);
    const waiting = new Waiters().until(() => false, deadline);
    const refused = assert.rejects(waiting, { code: 'DEADLINE_EXCEEDED' });
    await clock.advance(1_000);
    await refused;
  });

  it('end with what the condition throws', () =>
    assert.rejects(
      new Waiters().until(
        () => {
          throw new Error('over');
        },
        Deadline.after(new FakeClock(), 1_000),
      ),
      /over/,
    ));

  it('hear the next wake', async () => {
    const waiters = new Waiters();
    const next = waiters.next();
    waiters.wake();
    await next;
  });

  it('stop waiting for it when a signal aborts', async () => {
    const stop = new AbortController();
    const next = new Waiters().next(stop.signal);
    stop.abort();
    await next;
  });
});
