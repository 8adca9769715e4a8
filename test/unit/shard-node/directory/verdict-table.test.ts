/** Verdicts by position and by writeId, for ten minutes of record time. */
import assert from 'node:assert/strict';
import { verdictKeptMs } from '../../../../shard-node/directory/store/directory-entry.js';
import { keptVerdicts, VerdictTable } from '../../../../shard-node/directory/verdict-table.js';
import { verdict } from './store/directory-store-conformance.js';

describe('the table of verdicts', () => {
  it('finds a verdict by its position, and the first of a writeId', () => {
    const table = new VerdictTable([verdict(1n, 0, 'w')]);
    table.add(verdict(2n, 1, 'w'));
    assert.deepEqual([table.at(1n)?.sequence, table.at(2n)?.sequence, table.at(3n)], [1n, 2n, null]);
    assert.equal(table.ofWriteId('w')?.sequence, 1n);
    assert.equal(table.ofWriteId(''), null);
  });

  it('forgets after ten minutes, and takes the writeId as new then', () => {
    const table = new VerdictTable([verdict(1n, 0, 'w')]);
    table.add(verdict(2n, verdictKeptMs));
    assert.equal(table.ofWriteId('w')?.sequence, 1n);
    table.add(verdict(3n, verdictKeptMs + 1));
    assert.deepEqual([table.at(1n), table.ofWriteId('w')], [null, null]);
    table.add(verdict(4n, verdictKeptMs + 2, 'w'));
    assert.equal(table.ofWriteId('w')?.sequence, 4n);
  });

  it('forgets a writeId with its first record, whether or not it was repeated, also where it begins with what was kept', () => {
    const at = (minutes: number): number => minutes * 60_000;
    const repeat = { ...verdict(2n, at(9), 'w'), firstSequence: 1n, firstMs: 0 };
    const all = [verdict(1n, 0, 'w'), repeat, verdict(3n, at(10.5))];
    const running = new VerdictTable([]);
    for (const each of all) running.add(each);
    const restarted = new VerdictTable(keptVerdicts(all));
    assert.deepEqual([running.ofWriteId('w'), restarted.ofWriteId('w')], [null, null]);
    assert.deepEqual([running.at(2n), restarted.at(2n)], [repeat, repeat]);
  });

  it('says from where on the log tells the writeIds that it remembers, first records among it', () => {
    const table = new VerdictTable([]);
    assert.equal(table.since, null);
    table.add(verdict(1n, 0));
    assert.equal(table.since, null);
    for (const each of [verdict(2n, 0, 'w'), verdict(4n, 1)]) table.add(each);
    assert.equal(table.since, 2n);
    table.add({ ...verdict(6n, verdictKeptMs, 'w'), firstSequence: 2n, firstMs: 0 });
    table.add(verdict(7n, verdictKeptMs + 2, 'v'));
    assert.equal(table.since, 2n);
    table.add(verdict(8n, verdictKeptMs * 2 + 1));
    assert.equal(table.since, 7n);
    table.add(verdict(9n, verdictKeptMs * 4));
    assert.equal(table.since, null);
  });

  it('is not confused by a clock that jumps back', () => {
    const table = new VerdictTable([verdict(1n, verdictKeptMs * 3, 'w')]);
    table.add(verdict(2n, 0, 'v'));
    assert.deepEqual([table.ofWriteId('w')?.sequence, table.ofWriteId('v')], [1n, null]);
  });

  it('keeps few of very many, and every one that has a writeId', () => {
    const many = { verdicts: new Array<number>(4_096).fill(1), docIds: new BigUint64Array(4_096) };
    const table = new VerdictTable([]);
    const all = Array.from({ length: 600 }, (_, i) => ({ ...verdict(BigInt(i + 1), i, i === 3 ? 'w' : ''), ...many }));
    for (const each of all) table.add(each);
    assert.deepEqual([table.at(1n), table.at(4n)?.writeId, table.at(600n)?.sequence], [null, 'w', 600n]);
    assert.deepEqual([table.ofWriteId('w')?.sequence, keptVerdicts(all)[0]?.sequence], [4n, 4n]);
    assert.ok(keptVerdicts(all).length < 250);
  });
});
