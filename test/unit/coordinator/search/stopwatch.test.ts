import assert from 'node:assert/strict';
import { Stopwatch } from '../../../../coordinator/search/stopwatch.js';
import { FakeClock } from '../../../fake-clock.js';

describe('the stopwatch of a search', () => {
  it('gives each step the time since the last lap, and the whole until asked', async () => {
    const clock = new FakeClock();
    await clock.advance(1_000);
    const watch = new Stopwatch(clock);
    await clock.advance(5);
    watch.lap('encodeMs');
    await clock.advance(7);
    watch.lap('scatterMs');
    await clock.advance(2);
    const { encodeMs, scatterMs, mergeMs, totalMs } = watch.times();
    assert.deepEqual([encodeMs, scatterMs, mergeMs, totalMs], [5, 7, 0, 14]);
  });
});
