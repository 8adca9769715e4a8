/** What is said of work that cannot go on: nothing loud while it may pass, once when it lasts, at once when it is a defect. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../base/errors.js';
import { Hindrances, lastingMs } from '../../../base/hindrances.js';
import type { Clock } from '../../../base/clock.js';
import type { Logger } from '../../../base/logger.js';

const away = new ShoalError('UNAVAILABLE', 'nobody is there');
const line = { fields: { uid: 'u' }, message: 'cannot go on' };
const over = { fields: { uid: 'u' }, message: 'goes on' };

function setUp(): { hindrances: Hindrances; said: string[]; pass: (ms: number) => void } {
  const said: string[] = [];
  const state = { nowMs: 0 };
  const say = (level: string) => (fields: object, message: string) =>
    void said.push(`${level}: ${message}${'seconds' in fields ? ` (${String(fields.seconds)} s)` : ''}`);
  const levels = ['debug', 'info', 'warn', 'error'].map((level) => [level, say(level)] as const);
  const logger = Object.fromEntries(levels) as unknown as Logger;
  const clock = { monotonicMs: () => state.nowMs } as unknown as Clock;
  return { hindrances: new Hindrances({ clock, logger }), said, pass: (ms) => (state.nowMs += ms) };
}

describe('hindrances', () => {
  it('are debug lines when they pass soon', () => {
    const { hindrances, said, pass } = setUp();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      hindrances.note('log', away, line);
      pass(1_000);
    }
    hindrances.end('log', over);
    hindrances.end('log', over);
    assert.deepEqual(said, ['debug: cannot go on', 'debug: goes on']);
  });

  it('are one warning when they last, and an end of it is said as loudly as information', () => {
    const { hindrances, said, pass } = setUp();
    for (let attempt = 0; attempt < 30; attempt += 1) {
      hindrances.note('log', away, line);
      pass(lastingMs / 10);
    }
    hindrances.end('log', over);
    assert.deepEqual(said, ['debug: cannot go on', 'warn: cannot go on (10 s)', 'info: goes on']);
  });

  it('begin anew after they ended, each by itself', () => {
    const { hindrances, said, pass } = setUp();
    hindrances.note('log', away, line);
    hindrances.end('log', over);
    pass(lastingMs);
    hindrances.note('log', away, line);
    hindrances.note('disk', away, line);
    assert.deepEqual(said, ['debug: cannot go on', 'debug: goes on', 'debug: cannot go on', 'debug: cannot go on']);
  });

  it('are not said to end once they are forgotten', () => {
    const { hindrances, said } = setUp();
    hindrances.note('log', away, line);
    hindrances.forget('log');
    hindrances.end('log', over);
    assert.deepEqual(said, ['debug: cannot go on']);
  });

  it('are errors at once where they are defects, once', () => {
    const { hindrances, said } = setUp();
    const defect = new ShoalError('INTERNAL', 'no such state');
    hindrances.note('log', defect, line);
    hindrances.note('log', defect, line);
    assert.deepEqual(said, ['error: cannot go on']);
  });
});
