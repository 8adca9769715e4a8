import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { FakeClock } from '../../../fake-clock.js';
import { servingMap, settings, viewOf } from '../fixtures.js';

function appendersOf(checkWritable?: (uid: string) => void): Appenders {
  const parts = { view: viewOf(servingMap(1)), log: {} as ChangeLog, clock: new FakeClock() };
  return new Appenders(checkWritable === undefined ? parts : { ...parts, checkWritable });
}

describe('the appenders of a coordinator', () => {
  it('are one a subject, so that concurrent writers share records', () => {
    const appenders = appendersOf();
    assert.equal(appenders.at('u1', 'shoal.u1.1.0'), appenders.at('u1', 'shoal.u1.1.0'));
    assert.notEqual(appenders.at('u1', 'shoal.u1.1.0'), appenders.at('u1', 'shoal.u1.1.1'));
  });

  it('know the way into the shards, unless the log must not be written', () => {
    assert.equal(appendersOf().routeOf(settings()).subjectOf(0), 'shoal.u1.1.0');
    const refuse = (uid: string): void => {
      throw new ShoalError('UNAVAILABLE', `no writing to ${uid}`);
    };
    assert.throws(() => appendersOf(refuse).routeOf(settings()), { code: 'UNAVAILABLE', message: 'no writing to u1' });
  });

  it('remember the largest position written to each collection', () => {
    const appenders = appendersOf();
    assert.equal(appenders.writtenUpTo('u1'), 0n);
    for (const sequence of [5n, 9n, 7n, 0n]) appenders.noteWritten('u1', sequence);
    assert.deepEqual([appenders.writtenUpTo('u1'), appenders.writtenUpTo('u2')], [9n, 0n]);
  });

  it('forget a dropped collection and no other', () => {
    const appenders = appendersOf();
    const before = appenders.at('u1', 'shoal.u1.1.0');
    const other = appenders.at('u10', 'shoal.u10.1.0');
    appenders.noteWritten('u1', 5n);
    appenders.noteWritten('u10', 6n);
    appenders.forget('u1');
    assert.deepEqual([appenders.writtenUpTo('u1'), appenders.writtenUpTo('u10')], [0n, 6n]);
    assert.notEqual(appenders.at('u1', 'shoal.u1.1.0'), before);
    assert.equal(appenders.at('u10', 'shoal.u10.1.0'), other);
  });
});
