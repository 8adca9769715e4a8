/** Which runs are merged, and what comes of it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../../../../base/clock.js';
import type { DirectoryEntry } from '../../../../../shard-node/directory/store/directory-entry.js';
import { MergedCursor, mergeCount, mergeRuns } from '../../../../../shard-node/directory/store/merge-runs.js';
import { decodeValue } from '../../../../../shard-node/directory/store/run-format.js';
import { Run } from '../../../../../shard-node/directory/store/run.js';
import { RunWriter } from '../../../../../shard-node/directory/store/run-writer.js';
import { Slices } from '../../../../../vector-index/maintenance/slices.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { folderPerTest } from '../../../../temporary-folder.js';
import { entry } from './directory-store-conformance.js';

describe('the choice of runs to merge', () => {
  it('leaves few alone, and large ones as long as little has come', () => {
    assert.equal(mergeCount([]), 0);
    assert.equal(mergeCount([5, 5, 5]), 0);
    assert.equal(mergeCount([5, 5, 5, 5]), 4);
    assert.equal(mergeCount([100, 5, 5, 5, 5]), 4);
    assert.equal(mergeCount([20, 5, 5, 5, 5]), 5);
  });

  it('ends a growing number whatever their sizes', () => {
    const sizes = Array.from({ length: 13 }, (_, i) => 3 ** (13 - i));
    assert.equal(mergeCount(sizes), 4);
    assert.equal(mergeCount(sizes.slice(1)), 0);
  });

  it('keeps the number of runs and the bytes rewritten small', () => {
    let sizes: number[] = [];
    let rewritten = 0;
    for (let commit = 0; commit < 2_000; commit += 1) {
      sizes.push(1);
      const count = mergeCount(sizes);
      if (count === 0) continue;
      const merged = sizes.splice(-count).reduce((sum, size) => sum + size, 0);
      rewritten += merged;
      sizes = [...sizes, merged];
    }
    assert.ok(sizes.length <= 12, String(sizes.length));
    assert.ok(rewritten / 2_000 < 12, String(rewritten / 2_000));
  });
});

describe('a merge', () => {
  const folder = folderPerTest();

  async function runOf(name: string, entries: Record<string, DirectoryEntry | null>): Promise<Run> {
    const path = join(folder(), name);
    const writer = await RunWriter.create(systemFiles, path, 10);
    for (const [id, known] of Object.entries(entries)) writer.add(Buffer.from(id), id.length, known);
    await writer.finish();
    return Run.open(systemFiles, path);
  }

  function contentOf(runs: readonly Run[]): Record<string, DirectoryEntry | null> {
    const found: Record<string, DirectoryEntry | null> = {};
    const cursor = new MergedCursor(runs);
    while (cursor.next()) {
      const { top } = cursor;
      found[top.id.toString('utf8', 0, top.idBytes)] = decodeValue(top.file, top.valueAt);
    }
    return found;
  }

  async function merge(runs: readonly Run[], isOldest: boolean, isCancelled = false): Promise<Run | null> {
    const path = join(folder(), 'merged');
    const slices = new Slices(systemClock);
    const has = await mergeRuns({ runs, isOldest, files: systemFiles, path, slices, isCancelled: () => isCancelled });
    return has ? Run.open(systemFiles, path) : null;
  }

  it('keeps of each id what the newest run says', async () => {
    const runs = [
      await runOf('1', { a: entry(1n), b: entry(2n), d: entry(3n) }),
      await runOf('2', { a: entry(4n), b: null, c: entry(5n) }),
      await runOf('3', { a: entry(6n) }),
    ];
    const expected = { a: entry(6n), b: null, c: entry(5n), d: entry(3n) };
    assert.deepEqual(contentOf(runs), expected);
    const merged = (await merge(runs, false))!;
    assert.deepEqual(contentOf([merged]), expected);
    const { b: _, ...left } = expected;
    const oldest = (await merge(runs, true))!;
    assert.deepEqual(contentOf([oldest]), left);
    for (const run of [...runs, merged, oldest]) run.close();
  });

  it('of ids that are all gone leaves no run', async () => {
    const runs = [await runOf('1', { a: entry(1n) }), await runOf('2', { a: null })];
    assert.equal(await merge(runs, true), null);
    for (const run of runs) run.close();
  });

  it('ends early when it is told to', async () => {
    const runs = [await runOf('1', { a: entry(1n) })];
    assert.equal(await merge(runs, true, true), null);
    runs[0]!.close();
  });
});
