/** Superseded ids are remembered for ten minutes of log time, and come back from their file. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import { fenceKeepMs, FenceTable, readFences, writeFences } from '../../../vector-index/fences.js';
import { systemFiles } from '../../../vector-index/system-files.js';
import { inFolder } from '../../temporary-folder.js';

function tableAt(timeMs: number): FenceTable {
  const table = new FenceTable();
  table.advance(timeMs);
  return table;
}

describe('the memory of superseded ids', () => {
  it('covers versions smaller than the largest docId that it was told', () => {
    const table = tableAt(0);
    table.add('a', 20n);
    table.add('a', 10n);
    assert.deepEqual(
      [19n, 20n, 21n].map((docId) => table.covers('a', docId)),
      [true, false, false],
    );
    assert.equal(table.covers('b', 1n), false);
  });

  it('forgets after ten minutes of log time, counted from the last time it was told', () => {
    const table = tableAt(1_000);
    table.add('a', 20n);
    table.add('b', 20n);
    table.advance(1_000 + fenceKeepMs / 2);
    table.add('a', 5n);
    table.advance(1_000 + fenceKeepMs);
    assert.deepEqual([table.covers('a', 1n), table.covers('b', 1n)], [true, true]);
    table.advance(1_001 + fenceKeepMs);
    assert.deepEqual([table.covers('a', 19n), table.covers('b', 1n), table.size], [true, false, 1]);
    table.advance(1_001 + 2 * fenceKeepMs);
    assert.deepEqual([table.size, table.snapshot().bytes.length], [0, 0]);
  });

  it('stands still while log time runs backwards', () => {
    const table = tableAt(fenceKeepMs);
    table.advance(0);
    table.add('a', 9n);
    table.advance(fenceKeepMs + 1);
    assert.ok(table.covers('a', 1n));
  });

  it('equals a plain list, however many come and go, and its snapshots never change', () => {
    const random = seededRandom(11);
    const table = new FenceTable();
    const plain: { id: string; docId: bigint; timeMs: number }[] = [];
    const taken: { bytes: Uint8Array; copy: Buffer }[] = [];
    for (let timeMs = 0; timeMs < 5 * fenceKeepMs; timeMs += random.below(3_000)) {
      table.advance(timeMs);
      const id = `näme ${random.below(300)}`;
      const docId = BigInt(random.below(1_000));
      table.add(id, docId);
      plain.push({ id, docId, timeMs });
      if (random.below(100) > 0) continue;
      const { bytes } = table.snapshot();
      taken.push({ bytes, copy: Buffer.from(bytes) });
      const kept = plain.filter((each) => each.timeMs >= timeMs - fenceKeepMs);
      for (let number = 0; number < 300; number += 7) {
        const name = `näme ${number}`;
        const told = kept.filter((each) => each.id === name).map((each) => each.docId);
        const least = told.reduce((largest, each) => (each > largest ? each : largest), 0n);
        // What was told before and is refreshed by a smaller docId stays, so the table may know more, never less.
        assert.ok(least === 0n || table.covers(name, least - 1n));
        assert.ok(told.length > 0 || !table.covers(name, 0n));
      }
    }
    assert.ok(taken.length > 10);
    for (const { bytes, copy } of taken) assert.ok(copy.equals(bytes));
  });

  it('comes back from its file with times and docIds', async () => {
    const table = tableAt(5_000);
    table.add('a', 20n);
    table.advance(6_000);
    table.add('ß'.repeat(100), 2n ** 63n);
    await inFolder(async (directory) => {
      const path = join(directory, 'fences');
      await writeFences(systemFiles, path, table.snapshot().bytes);
      const again = new FenceTable();
      again.load(await readFences(systemFiles, path));
      again.advance(6_000);
      assert.deepEqual([again.covers('a', 19n), again.covers('ß'.repeat(100), 2n ** 63n - 1n)], [true, true]);
      assert.deepEqual(again.snapshot(), table.snapshot());
      again.advance(5_001 + fenceKeepMs);
      assert.equal(again.size, 1);
    });
  });

  it('is DATA_LOSS when any byte changed, or when it was cut short', async () => {
    const table = tableAt(0);
    table.add('a', 20n);
    await inFolder(async (directory) => {
      const path = join(directory, 'fences');
      await writeFences(systemFiles, path, table.snapshot().bytes);
      const good = await readFile(path);
      for (let at = 0; at < good.length; at += 1) {
        const bad = Buffer.from(good);
        bad[at]! ^= 4;
        await writeFile(path, bad);
        await assert.rejects(readFences(systemFiles, path), { code: 'DATA_LOSS' }, `byte ${at}`);
        await writeFile(path, good.subarray(0, at));
        await assert.rejects(readFences(systemFiles, path), { code: 'DATA_LOSS' }, `${at} bytes`);
      }
    });
  });
});
