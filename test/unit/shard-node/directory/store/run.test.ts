/** A run finds what was written into it, walks it in order, and checks each block before its first use. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeOf } from '../../../../../shard-node/directory/store/id-filter.js';
import { Run, RunCursor } from '../../../../../shard-node/directory/store/run.js';
import { RunWriter } from '../../../../../shard-node/directory/store/run-writer.js';
import type { DirectoryEntry } from '../../../../../shard-node/directory/store/directory-entry.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { folderPerTest } from '../../../../temporary-folder.js';
import { entry } from './directory-store-conformance.js';

const ids = Array.from({ length: 1_000 }, (_, i) => `document-${String(i * 2).padStart(6, '0')}`);

describe('a run', () => {
  const folder = folderPerTest();
  const path = (): string => join(folder(), 'run');

  async function withRun(work: (run: Run) => void): Promise<void> {
    const writer = await RunWriter.create(systemFiles, path(), ids.length);
    ids.forEach((id, i) => writer.add(Buffer.from(id), id.length, i % 10 === 9 ? null : entry(BigInt(i))));
    await writer.finish();
    await writer.close();
    const run = Run.open(systemFiles, path());
    try {
      work(run);
    } finally {
      run.close();
      run.close();
    }
  }

  function look(run: Run, id: string): DirectoryEntry | null | undefined {
    const probe = { first: 0, step: 0 };
    probeOf(Buffer.from(id), probe);
    return run.get(Buffer.from(id), Buffer.byteLength(id), probe);
  }

  it('finds every id, and none that it does not hold', () =>
    withRun((run) => {
      assert.equal(run.entries, 1_000);
      assert.ok(run.blocks > 5);
      ids.forEach((id, i) => assert.deepEqual(look(run, id), i % 10 === 9 ? null : entry(BigInt(i))));
      const others = [
        '',
        'a',
        'z',
        'document-',
        'document-0000001',
        ...ids.map((_, i) => `document-${String(i * 2 + 1).padStart(6, '0')}`),
      ];
      for (const id of others) assert.equal(look(run, id), undefined);
    }));

  it('is walked in order, from any id', () =>
    withRun((run) => {
      const cursor = new RunCursor(run);
      const seen: string[] = [];
      while (cursor.next()) seen.push(cursor.id.toString('utf8', 0, cursor.idBytes));
      assert.deepEqual(seen, ids);
      for (const [after, first] of [
        ['', 0],
        ['document-000009', 5],
        ['document-000010', 6],
        ['a', 0],
      ] as const) {
        const from = new RunCursor(run);
        assert.equal(from.seekAfter(Buffer.from(after), after.length), true);
        assert.equal(from.id.toString('utf8', 0, from.idBytes), ids[first]);
      }
      assert.equal(new RunCursor(run).seekAfter(Buffer.from('e'), 1), false);
    }));

  it('says which block is damaged when it is first needed', async () => {
    await withRun(() => undefined);
    const bytes = readFileSync(path());
    bytes[40] = bytes[40]! ^ 1;
    writeFileSync(path(), bytes);
    const run = Run.open(systemFiles, path());
    try {
      assert.deepEqual(look(run, ids[999]!), null);
      assert.throws(() => look(run, ids[0]!), { code: 'DATA_LOSS', message: /block 0 is damaged/ });
    } finally {
      run.close();
    }
  });

  it('that is not there is damage', () => {
    assert.throws(() => Run.open(systemFiles, join(folder(), 'none')), { code: 'DATA_LOSS', message: /missing/ });
  });
});
