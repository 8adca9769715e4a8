import assert from 'node:assert/strict';
import { refuseStopped } from '../../../trainer/stop-sign.js';

describe('a stop sign', () => {
  it('ends a training once it is up', () => {
    const controller = new AbortController();
    refuseStopped(undefined);
    refuseStopped(controller.signal);
    controller.abort();
    assert.throws(() => refuseStopped(controller.signal), { code: 'CANCELLED' });
  });
});
