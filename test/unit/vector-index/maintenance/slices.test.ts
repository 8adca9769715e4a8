import assert from 'node:assert/strict';
import type { Clock } from '../../../../base/clock.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';

function steppingClock(stepMs: number): Clock {
  let nowMs = 0;
  return {
    wallMs: () => 0,
    monotonicMs: () => (nowMs += stepMs),
    after: () => ({ cancel: () => undefined }),
    pause: () => Promise.resolve(),
  };
}

describe('slices of long work', () => {
  it('give the event loop back when a slice is used up, and do what must not wait', async () => {
    let turns = 0;
    const slices = new Slices(steppingClock(1), () => Promise.resolve(void (turns += 1)));
    await slices.pause();
    await slices.pause();
    assert.equal(turns, 2);
  });

  it('go on at once while the slice lasts', async () => {
    let turns = 0;
    const slices = new Slices(steppingClock(0.001), () => Promise.resolve(void (turns += 1)));
    for (let step = 0; step < 100; step += 1) await slices.pause();
    assert.equal(turns, 0);
  });
});
