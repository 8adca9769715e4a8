import assert from 'node:assert/strict';
import type { LogEntry } from '../../../../cluster/change-log.js';
import { RecentEntries } from '../../../../cluster/embedded/recent-entries.js';

function entries(first: number, count: number, bytes = 100): LogEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    sequence: BigInt(first + i),
    subject: 's',
    timeMs: 1,
    headers: {},
    body: Buffer.alloc(bytes),
  }));
}

describe('the newest entries of a stream', () => {
  const sequencesAfter = (recent: RecentEntries, sequence: bigint): bigint[] =>
    [...recent.after(sequence)].map((entry) => entry.sequence);

  it('follow any of their sequences and the one before', () => {
    const recent = new RecentEntries(1_000_000);
    recent.add(entries(10, 2));
    recent.add(entries(12, 1));
    assert.deepEqual(
      [8n, 9n, 11n, 12n, 13n].map((sequence) => recent.begins(sequence)),
      [false, true, true, false, false],
    );
    assert.deepEqual(sequencesAfter(recent, 9n), [10n, 11n, 12n]);
    assert.deepEqual(sequencesAfter(recent, 11n), [12n]);
    assert.equal(recent.at(11n)?.sequence, 11n);
    assert.deepEqual([recent.at(9n), recent.at(13n)], [null, null]);
  });

  it('are dropped from the oldest on, down to one', () => {
    const recent = new RecentEntries(2_000);
    recent.add(entries(1, 10, 400));
    assert.deepEqual(sequencesAfter(recent, 7n), [8n, 9n, 10n]);
    assert.ok(!recent.begins(6n));
    recent.add(entries(11, 1, 5_000));
    assert.equal(recent.at(10n), null);
    assert.equal(recent.at(11n)?.body.length, 5_000);
  });

  it('are none at first', () => {
    const recent = new RecentEntries(10);
    assert.ok(!recent.begins(0n));
    assert.deepEqual([sequencesAfter(recent, 0n), recent.at(1n)], [[], null]);
  });
});
