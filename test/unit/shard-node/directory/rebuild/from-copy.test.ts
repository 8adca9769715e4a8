/** A partition takes over the state of another copy, or says that it cannot. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../../base/clock.js';
import { ShoalError } from '../../../../../base/errors.js';
import type { ReadCopyResponse } from '../../../../../proto/generated/shoal/v1/directory.js';
import { PartitionState } from '../../../../../shard-node/directory/partition-state.js';
import { copyPage, emptyPage } from '../../../../../shard-node/directory/rebuild/copy-page.js';
import { beginCopy, takeCopy, type CopyParts } from '../../../../../shard-node/directory/rebuild/from-copy.js';
import type { OtherCopy } from '../../../../../shard-node/directory/rebuild/other-copies.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from '../store/memory-directory-store.js';
import type { DirectoryStore } from '../../../../../shard-node/directory/store/directory-store.js';
import { commitOf, entry, verdict } from '../store/directory-store-conformance.js';

const clock = systemClock;

function copyThat(read: () => ReadCopyResponse | ShoalError, store?: DirectoryStore): OtherCopy {
  return {
    node: 'n2',
    isBefore: false,
    read: async (at) => {
      const answer = store === undefined ? read() : copyPage(store.hold(), 1n, at);
      if (answer instanceof ShoalError) throw answer;
      return answer;
    },
  };
}

function partsOn(disk: MemoryDirectoryDisk, hindered: unknown[] = []): CopyParts {
  const range = { first: 0n, last: 2n ** 64n - 1n };
  return {
    state: new PartitionState(new MemoryDirectoryStore(disk, clock), range),
    clock,
    signal: new AbortController().signal,
    hinder: (error) => hindered.push(error?.message ?? null),
  };
}

describe('the state of another copy', () => {
  it('is taken over whole, and stored', async () => {
    const theirs = new MemoryDirectoryStore(new MemoryDirectoryDisk(), clock);
    const many = Array.from({ length: 9_000 }, (_, i) => [`d${i}`, entry(BigInt(i + 1))] as const);
    await theirs.commit(commitOf(40n, Object.fromEntries(many), [verdict(3n, 5, 'w')]));
    const disk = new MemoryDirectoryDisk();
    const parts = partsOn(disk);
    const copy = copyThat(() => assert.fail(), theirs);
    const first = await beginCopy(copy, parts);
    await takeCopy(copy, first!, parts);
    const { state } = parts;
    assert.deepEqual([state.heard, state.settled, state.committed, state.epoch], [40n, 40n, 40n, 2n]);
    assert.equal(state.firstVerdict('w')?.sequence, 3n);
    assert.deepEqual(disk.state.marks, theirs.marks);
    assert.deepEqual([disk.state.entries.size, disk.state.entries.get('d8999')], [9_000, entry(9_000n)]);
    assert.deepEqual(disk.state.verdicts, [verdict(3n, 5, 'w')]);
  });

  it('is null where that copy has lost its data as well, and unknown where it cannot say', async () => {
    const parts = partsOn(new MemoryDirectoryDisk());
    assert.equal(await beginCopy(copyThat(emptyPage), parts), null);
    const away = new ShoalError('UNAVAILABLE', 'away');
    await assert.rejects(
      beginCopy(
        copyThat(() => away),
        parts,
      ),
      away,
    );
  });

  it('is asked for again where a page does not come at once', async () => {
    const hindered: unknown[] = [];
    const parts = partsOn(new MemoryDirectoryDisk(), hindered);
    const page = { ...emptyPage(), state: 1n, committed: 4n, done: true };
    const answers = [new ShoalError('UNAVAILABLE', 'away'), page];
    await takeCopy(
      copyThat(() => answers.shift()!),
      { ...page, done: false },
      parts,
    );
    assert.deepEqual([hindered, parts.state.committed], [['away', null], 4n]);
  });

  it('that is not given to its end is of no use', async () => {
    const parts = partsOn(new MemoryDirectoryDisk());
    const gone = new ShoalError('NOT_FOUND', 'not held any more');
    await assert.rejects(
      takeCopy(
        copyThat(() => gone),
        { ...emptyPage(), state: 1n },
        parts,
      ),
      {
        code: 'ABORTED',
        message: /the copy on node 'n2' was not read to its end: not held any more/,
      },
    );
    assert.equal(parts.state.heard, 0n);
  });
});
