/** A deadline is passed on and only gets shorter; it ends by time, by its caller, or by being closed. */
import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import { FakeClock } from '../../fake-clock.js';

describe('a deadline', () => {
  it('lets calls go on until its time, then throws DEADLINE_EXCEEDED', async () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(clock, 100);
    await clock.advance(99);
    deadline.check();
    assert.equal(deadline.remainingMs(), 1);
    await clock.advance(1);
    assert.equal(deadline.signal.aborted, true);
    assert.equal(deadline.remainingMs(), 0);
    assert.throws(() => deadline.check(), { code: 'DEADLINE_EXCEEDED' });
  });

  it('is noticed by check() even where the timer was held up', () => {
    const late = new FakeClock();
    const deadline = Deadline.after({ ...boundTo(late), after: () => ({ cancel: () => undefined }) }, 0);
    assert.throws(() => deadline.check(), { code: 'DEADLINE_EXCEEDED' });
  });

  it('sets no timer longer than there are, wherever its clock stands', () => {
    for (const nowMs of [0, 1234.000000237, 30_123_456.7890123]) {
      const delays: number[] = [];
      const after: Clock['after'] = (delayMs) => {
        delays.push(delayMs);
        return { cancel: () => undefined };
      };
      const clock = { ...systemClock, monotonicMs: () => nowMs, after };
      Deadline.after(clock, Infinity).within(Infinity);
      Deadline.after(clock, 2 ** 31 - 1).within(2 ** 32);
      assert.ok(delays.length === 4 && delays.every((each) => each > 2 ** 31 - 2 && each <= 2 ** 31 - 1), `${delays}`);
    }
  });

  it('gets shorter within, never longer', () => {
    const deadline = Deadline.after(new FakeClock(), 100);
    assert.equal(deadline.within(30).remainingMs(), 30);
    assert.equal(deadline.within(300).remainingMs(), 100);
  });

  it('ends its parts when it ends', async () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(clock, 100);
    const part = deadline.within(1000);
    deadline.cancel();
    assert.throws(() => part.check(), { code: 'CANCELLED' });
    assert.equal(clock.pending, 0);
  });

  it('outlives its parts', async () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(clock, 100);
    const part = deadline.within(10);
    await clock.advance(10);
    assert.throws(() => part.check(), { code: 'DEADLINE_EXCEEDED' });
    deadline.check();
  });

  it('ends with the signal of its caller and keeps the reason that is a ShoalError', () => {
    const controller = new AbortController();
    const deadline = Deadline.after(new FakeClock(), 100, controller.signal);
    controller.abort(new ShoalError('UNAVAILABLE', 'the node is leaving'));
    assert.throws(() => deadline.check(), { code: 'UNAVAILABLE', message: 'the node is leaving' });
  });

  it('calls every other reason CANCELLED', () => {
    const deadline = Deadline.after(new FakeClock(), 100, AbortSignal.abort('whim'));
    assert.throws(() => deadline.check(), { code: 'CANCELLED' });
  });

  it('tells those who follow it why it ended, once, and none who have stopped', async () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(clock, 100);
    const heard: string[] = [];
    deadline.onEnd(({ code }) => heard.push(`first ${code}`));
    deadline.onEnd(({ code }) => heard.push(`second ${code}`))();
    deadline.onEnd(({ code }) => heard.push(`third ${code}`));
    await clock.advance(100);
    deadline.cancel();
    assert.deepEqual(heard, ['first DEADLINE_EXCEEDED', 'third DEADLINE_EXCEEDED']);
  });

  it('has ended where it is made within one that has', () => {
    const deadline = Deadline.after(new FakeClock(), 100);
    deadline.cancel();
    assert.equal(deadline.within(10).ended?.code, 'CANCELLED');
  });

  it('leaves no timer and no listener behind when closed, and never fires then', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const deadline = Deadline.after(clock, 100, controller.signal);
    deadline.close();
    deadline.close();
    controller.abort();
    await clock.advance(1000);
    assert.equal(clock.pending, 0);
    assert.equal(deadline.signal.aborted, false);
  });
});

function boundTo(clock: FakeClock): Omit<Clock, 'after'> {
  return { wallMs: () => clock.wallMs(), monotonicMs: () => clock.monotonicMs(), pause: () => clock.pause() };
}
