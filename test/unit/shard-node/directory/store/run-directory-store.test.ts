/** The directory on disk: the suite of every store, crashes at every change, damage, and how much room a document takes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../../base/clock.js';
import { hashText } from '../../../../../base/hash.js';
import { seededRandom } from '../../../../../base/random.js';
import { RunDirectoryStore } from '../../../../../shard-node/directory/store/run-directory-store.js';
import { verifyDirectoryStore } from '../../../../../shard-node/directory/store/verify-store.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { inFolder } from '../../../../temporary-folder.js';
import { commitOf, entry, storeConformance, verdict } from './directory-store-conformance.js';
import { FaultyFiles } from './faulty-files.js';

const clock = systemClock;
const open = (directory: string, files = new FaultyFiles()): Promise<RunDirectoryStore> =>
  RunDirectoryStore.open({ directory, files, clock });

describe('a directory store of runs', () => {
  storeConformance((work) =>
    inFolder((folder) => {
      const files = new FaultyFiles();
      return work({
        open: () => open(join(folder, 'store'), files),
        setFull: (isFull) => {
          files.isFull = isFull;
        },
      });
    }),
  );

  it('takes less than 100 bytes on disk for a document with an id of 20 bytes', () =>
    inFolder(async (directory) => {
      const store = await open(directory);
      const count = 100_000;
      for (let from = 0; from < count; from += 4_096) {
        const ids = Array.from({ length: Math.min(4_096, count - from) }, (_, i) => idOf(from + i));
        const entries = ids.map((id, i) => [
          id,
          entry(BigInt(from) * 4_096n + BigInt(i), { contentHash: hashText(id) }),
        ]);
        await store.commit(commitOf(BigInt(from + 1), Object.fromEntries(entries)));
      }
      await store.close();
      const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
      assert.ok(bytes / count < 100, `${bytes / count} bytes a document`);
    })).timeout(20_000);

  it('has the state before or after a commit, wherever the machine dies in it', () =>
    inFolder(async (folder) => {
      for (let dies = 0; ; dies += 1) {
        const directory = join(folder, String(dies));
        const files = new FaultyFiles();
        const store = await open(directory, files);
        await store.commit(commitOf(1n, { a: entry(1n), b: entry(2n) }, [verdict(1n, 1)]));
        files.changes = 0;
        files.left = dies;
        const died = await store.commit(commitOf(2n, { a: entry(3n), c: entry(4n) }, [verdict(2n, 2)])).then(
          () => false,
          () => true,
        );
        const after = await open(directory);
        const state = [after.marks.committed, after.get('a'), after.get('b'), after.get('c'), after.verdicts.length];
        const old = [1n, entry(1n), entry(2n), null, 1];
        const young = [2n, entry(3n), entry(2n), entry(4n), 2];
        if (died) assert.deepEqual(state, state[0] === 1n ? old : young, `dies at change ${dies}`);
        else assert.deepEqual(state, young);
        await after.close();
        await store.close();
        if (!died) return;
      }
    }));

  it('makes one of many runs, and drops what is gone', () =>
    inFolder(async (directory) => {
      const store = await open(directory);
      for (let n = 1n; n <= 40n; n += 1n)
        await store.commit(commitOf(n, { [`id${n}`]: entry(n), [`id${n - 1n}`]: null }));
      await runsBelow(directory, 8);
      assert.deepEqual(store.list('', 100), [{ id: 'id40', entry: entry(40n) }]);
      await store.close();
      assert.deepEqual(await verifyDirectoryStore(systemFiles, directory), []);
    }));

  it('removes what a crash left half made', () =>
    inFolder(async (directory) => {
      const store = await open(directory);
      await store.commit(commitOf(1n, { a: entry(1n) }));
      await store.close();
      writeFileSync(join(directory, 'run-00000099'), 'half');
      writeFileSync(join(directory, 'directory.tmp'), 'half');
      await (await open(directory)).close();
      assert.deepEqual(readdirSync(directory).sort(), ['directory', 'run-00000001']);
    }));

  it('finds every flipped bit and every missing byte', () =>
    inFolder(async (folder) => {
      const directory = join(folder, 'store');
      const store = await open(directory);
      const entries = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [idOf(i), entry(BigInt(i))]));
      await store.commit(commitOf(1n, entries, [verdict(1n, 1, 'w')]));
      await store.close();
      const random = seededRandom(11);
      const names = readdirSync(directory);
      for (let trial = 0; trial < 200; trial += 1) {
        const path = join(directory, names[random.below(names.length)]!);
        const bytes = readFileSync(path);
        const damaged =
          trial % 4 === 0
            ? bytes.subarray(0, random.below(bytes.length))
            : flipped(bytes, random.below(bytes.length * 8));
        writeFileSync(path, damaged);
        const problems = await verifyDirectoryStore(systemFiles, directory);
        assert.ok(problems.length > 0, `${path}, trial ${trial}`);
        await assert.rejects(readAll(directory), { code: /DATA_LOSS/ });
        writeFileSync(path, bytes);
      }
      assert.deepEqual(await verifyDirectoryStore(systemFiles, directory), []);
    })).timeout(20_000);

  it('refuses a manifest of a newer format', () =>
    inFolder(async (directory) => {
      const store = await open(directory);
      await store.commit(commitOf(1n, {}));
      await store.close();
      const path = join(directory, 'directory');
      const body = readFileSync(path, 'utf8').split('\n')[0]!.replace('"format":1', '"format":2');
      const { crc32 } = await import('node:zlib');
      writeFileSync(path, `${body}\n${crc32(body).toString(16).padStart(8, '0')}\n`);
      await assert.rejects(open(directory), { code: 'FAILED_PRECONDITION', message: /format version 2/ });
    }));
});

function idOf(number: number): string {
  return hashText(String(number)).toString(16).padStart(20, 'x');
}

async function readAll(directory: string): Promise<void> {
  const store = await open(directory);
  try {
    store.list('', 1_000);
  } finally {
    await store.close();
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy;
}

/** Merges go on after a commit. */
async function runsBelow(directory: string, count: number): Promise<void> {
  while (readdirSync(directory).filter((name) => name.startsWith('run-')).length >= count) await clock.pause();
}
