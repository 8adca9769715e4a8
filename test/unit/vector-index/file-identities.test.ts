/** A whole file in the place of another is found where a manifest is opened or checked, and named. */
import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock as clock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { noMarks } from '../../../shard-node/directory/store/directory-entry.js';
import { RunDirectoryStore } from '../../../shard-node/directory/store/run-directory-store.js';
import { verifyDirectoryStore } from '../../../shard-node/directory/store/verify-store.js';
import { checkIdentity, identitiesOf } from '../../../vector-index/file-identities.js';
import { readManifest, writeManifest } from '../../../vector-index/manifest.js';
import { ShardIndex } from '../../../vector-index/shard-index.js';
import { systemFiles as files } from '../../../vector-index/system-files.js';
import { verifyDirectory } from '../../../vector-index/verify.js';
import { inFolder } from '../../temporary-folder.js';
import { codecs, entryAt, randomDocuments, settings } from './fixtures.js';

const open = (directory: string): Promise<ShardIndex> => ShardIndex.open({ directory, settings, codecs, files, clock });

/** Two segments of six rows each, one row of each dead, and what is remembered of the dead ones. */
async function withTwins(work: (directory: string, names: readonly string[]) => Promise<void>): Promise<void> {
  await inFolder(async (directory) => {
    const index = await open(directory);
    const documents = randomDocuments(seededRandom(1), 12);
    index.apply(entryAt('s', 1n), { documents: documents.slice(0, 6) });
    await index.seal();
    index.apply(entryAt('s', 2n), { documents: documents.slice(6) });
    await index.seal();
    // Many ids first, so that what is remembered of the last one is a file of its own.
    const absent = Array.from({ length: 20 }, (_, at) => ({ id: `absent-${at}`, docId: 1n }));
    for (const [at, [document, more]] of (
      [
        [documents[1]!, absent],
        [documents[9]!, []],
      ] as const
    ).entries()) {
      const superseded = [{ id: document.id, docId: document.docId + 1n }, ...more];
      index.apply(entryAt('s', BigInt(3 + at)), { superseded });
      await index.seal();
    }
    await index.close();
    await work(directory, (await readdir(directory)).sort());
  });
}

async function swap(directory: string, one: string, other: string): Promise<void> {
  await rename(join(directory, one), join(directory, 'kept'));
  await rename(join(directory, other), join(directory, one));
  await rename(join(directory, 'kept'), join(directory, other));
}

describe('a file in the place of another', () => {
  const lost = { code: 'DATA_LOSS', message: /is not the file that the manifest names/ };

  for (const kind of ['segment', 'tombstones', 'fences']) {
    it(`is refused where it is one of ${kind}, swapped or copied`, () =>
      withTwins(async (directory, names) => {
        const [one, other] = names.filter((name) => name.endsWith(kind));
        assert.ok(one !== undefined && other !== undefined, names.join());
        await (await open(directory)).close();
        await swap(directory, one, other);
        await assert.rejects(open(directory), lost);
        const problems = await verifyDirectory(directory, { files, clock });
        assert.match(problems.join('\n'), new RegExp(`${one} is not the file`));
        await swap(directory, one, other);
        assert.deepEqual(await verifyDirectory(directory, { files, clock }), []);
        await copyFile(join(directory, one), join(directory, other));
        await assert.rejects(open(directory), lost);
      }));
  }

  it('is not looked for where a manifest of before says nothing, and is from the next commit on', () =>
    withTwins(async (directory, names) => {
      const { identities, ...before } = (await readManifest(files, directory))!;
      assert.deepEqual(
        Object.keys(identities!).sort(),
        names.filter((name) => name !== 'manifest'),
      );
      await writeManifest(files, directory, before);
      const index = await open(directory);
      index.apply(entryAt('s', 9n), { documents: randomDocuments(seededRandom(2), 1) });
      await index.seal();
      await index.close();
      const after = (await readManifest(files, directory))!;
      for (const name of names) if (name !== 'manifest') assert.equal(after.identities![name], identities![name]);
    }));

  it('is refused where it is a run of a directory partition', () =>
    inFolder(async (directory) => {
      const store = await RunDirectoryStore.open({ directory, files, clock });
      for (const first of [0, 100]) {
        const entry = { contentHash: 7n, places: [0], unheard: [] };
        const entries = new Map(
          Array.from({ length: 50 }, (_, i) => [`id-${first + i}`, { ...entry, docId: BigInt(4_096 + first + i) }]),
        );
        await store.commit({ marks: { ...noMarks, subjects: [{ subject: 's', last: 1n }] }, entries, verdicts: [] });
      }
      await store.close();
      const [one, other] = (await readdir(directory)).filter((name) => name.startsWith('run-')).sort();
      assert.ok(one !== undefined && other !== undefined);
      await copyFile(join(directory, other), join(directory, one));
      await assert.rejects(RunDirectoryStore.open({ directory, files, clock }), lost);
      assert.match((await verifyDirectoryStore(files, directory)).join(), new RegExp(`${one} is not the file`));
    }));
});

describe('the identity of a file', () => {
  it('is kept where it is known, and read where it is not', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'a'), 'abc');
      await writeFile(join(folder, 'b'), 'abc');
      const known = identitiesOf(files, folder, ['a'], {});
      assert.deepEqual(identitiesOf(files, folder, ['a', 'b'], { a: 'as it was' }), { a: 'as it was', b: known['a'] });
      checkIdentity(files, folder, 'b', { b: known['a']! });
      checkIdentity(files, folder, 'nothing', {});
      await writeFile(join(folder, 'b'), 'abd');
      assert.throws(() => checkIdentity(files, folder, 'b', { b: known['a']! }), { code: 'DATA_LOSS' });
      await writeFile(join(folder, 'b'), Buffer.concat([Buffer.alloc(70), await readFile(join(folder, 'a'))]));
      assert.throws(() => checkIdentity(files, folder, 'b', { b: known['a']! }), { code: 'DATA_LOSS' });
    }));
});
