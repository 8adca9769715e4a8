import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { counts, createProgress, duration } from '../../../../client/cli/progress.js';
import { testContext } from './run-shoal.js';

describe('progress', () => {
  it('says documents, rate and time left', () => {
    assert.equal(counts({ done: 25, total: 100, documents: 1200, seconds: 10 }), '1,200 documents  120/s  30 s left');
    assert.equal(counts({ done: 0, total: 0, documents: 0, seconds: 0 }), '0 documents');
    assert.deepEqual([duration(59.4), duration(200), duration(7_500)], ['59 s', '3 min 20 s', '2 h 5 min']);
  });

  it('is drawn on a terminal only', () => {
    const silent = testContext();
    const bar = createProgress(silent, 'notes', 10);
    bar.update(5, 5);
    bar.stop();
    assert.equal(silent.written().stderr, '');
    const stderr = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 100,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const drawn = createProgress({ ...silent, stderr }, 'notes', 10);
    drawn.update(5, 5);
    drawn.stop();
    drawn.stop();
    assert.match(String(stderr.read()), /notes/);
  });
});
