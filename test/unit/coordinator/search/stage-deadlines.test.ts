import assert from 'node:assert/strict';
import { Deadline } from '../../../../base/deadline.js';
import { StageDeadlines } from '../../../../coordinator/search/stage-deadlines.js';
import { FakeClock } from '../../../fake-clock.js';

describe('the deadlines of a search’s stages', () => {
  it('are shares of what is left', async () => {
    const clock = new FakeClock();
    const stages = new StageDeadlines(Deadline.after(clock, 1_000));
    assert.equal(stages.take(0.7).remainingMs(), 700);
    await clock.advance(500);
    assert.equal(stages.take(0.8).remainingMs(), 400);
  });

  it('end before the whole, which goes on', async () => {
    const clock = new FakeClock();
    const whole = Deadline.after(clock, 1_000);
    const stage = new StageDeadlines(whole).take(0.5);
    await clock.advance(500);
    assert.deepEqual([stage.signal.aborted, whole.signal.aborted], [true, false]);
  });

  it('leave no timer behind', () => {
    const clock = new FakeClock();
    const whole = Deadline.after(clock, 1_000);
    const stages = new StageDeadlines(whole);
    stages.take(0.5);
    stages.take(0.5);
    stages.close();
    assert.equal(clock.pending, 1);
    whole.close();
  });
});
