import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { FakeClock } from '../../../fake-clock.js';
import { mapOf, servingMap, settings, viewOf } from '../fixtures.js';

function appendersOf(map = servingMap(1)): Appenders {
  return new Appenders({ view: viewOf(map), log: {} as ChangeLog, clock: new FakeClock() });
}

describe('the appenders of a coordinator', () => {
  it('are one a shard, so that concurrent writers share records', () => {
    const appenders = appendersOf();
    assert.equal(appenders.of(settings()), appenders.of(settings()));
  });

  it('say UNAVAILABLE while the collection has no shard', () => {
    assert.throws(() => appendersOf(mapOf({})).of(settings()), {
      code: 'UNAVAILABLE',
      message: /'notes' has no shard yet/,
    });
  });

  it('remember the largest position written to each collection', () => {
    const appenders = appendersOf();
    assert.equal(appenders.writtenUpTo('u1'), 0n);
    for (const sequence of [5n, 9n, 7n, 0n]) appenders.noteWritten('u1', sequence);
    assert.deepEqual([appenders.writtenUpTo('u1'), appenders.writtenUpTo('u2')], [9n, 0n]);
  });

  it('forget a dropped collection and no other', () => {
    const appenders = appendersOf();
    const before = appenders.of(settings());
    appenders.noteWritten('u1', 5n);
    appenders.noteWritten('u10', 6n);
    appenders.forget('u1');
    assert.deepEqual([appenders.writtenUpTo('u1'), appenders.writtenUpTo('u10')], [0n, 6n]);
    assert.notEqual(appenders.of(settings()), before);
  });
});
