/** A new structure is taken over while the index serves, and survives a restart at any time. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import { readManifest } from '../../../../vector-index/manifest.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { verifyDirectory } from '../../../../vector-index/verify.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, entryAt, plainDocument } from '../fixtures.js';
import { nearVector, toyDocuments, toyStructure } from './fixtures.js';

const dim = 8;
const first = toyStructure({ dim, lists: 4, version: 1 });
const second = toyStructure({ dim, lists: 9, version: 2, hasCopies: true });

function openAt(directory: string, structure: ListStructure | null): Promise<ShardIndex> {
  const settings = { dim, tokenDim: 8 };
  return ShardIndex.open({ directory, settings, codecs, structure, files: systemFiles, clock: systemClock });
}

describe('a new structure', () => {
  it('leaves every document to be found, whatever lists are asked for, until its segment is rewritten', async () => {
    await inFolder(async (directory) => {
      const random = seededRandom(1);
      const documents = toyDocuments(random, first, 300);
      const index = await openAt(directory, first);
      index.apply(entryAt('s', 1n), { documents: documents.slice(0, 150) });
      await index.seal();
      index.apply(entryAt('s', 2n), { documents: documents.slice(150) });
      index.restructure(second);
      index.restructure(second);
      assert.deepEqual(index.structureState, { version: 2, olderRows: documents.length });
      const late = plainDocument('late', 2n ** 50n, { dense: nearVector(random, second) });
      index.apply(entryAt('s', 3n), { documents: [late] });
      const k = 1000;
      const selection = { filter: null, lists: new Uint32Array(0) };
      const query = nearVector(random, second);
      const older = await index.scan({ dense: query, sparse: null, k, selection });
      const vectors = new Set(documents.filter(({ dense }) => dense !== null).map(({ docId }) => docId));
      assert.equal(older.dense!.docIds.length, vectors.size);
      while (await index.maintain());
      assert.deepEqual(index.structureState, { version: 2, olderRows: 0 });
      assert.equal((await index.scan({ dense: query, sparse: null, k, selection })).dense!.docIds.length, 0);
      assert.equal((await index.searchDense(query, k)).docIds.length, vectors.size + 1);
      assert.equal(index.applied('s'), 3n);
      assert.deepEqual(await index.verify(), []);
      await index.close();
    });
  });

  it('is refused when it is older, at once and at the next start', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory, second);
      assert.throws(() => index.restructure(first), { code: 'FAILED_PRECONDITION' });
      index.apply(entryAt('s', 1n), { documents: toyDocuments(seededRandom(2), second, 10) });
      await index.seal();
      await index.close();
      for (const older of [null, first])
        await assert.rejects(openAt(directory, older), { code: 'FAILED_PRECONDITION' });
      await (await openAt(directory, second)).close();
    });
  });

  it('is waited for by documents that were routed under it', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory, first);
      const dense = nearVector(seededRandom(3), second);
      const document = plainDocument('a', 1n, { dense, list: 8, structureVersion: 2 });
      assert.throws(() => index.apply(entryAt('s', 1n), { documents: [document] }), { code: 'FAILED_PRECONDITION' });
      assert.equal(index.applied('s'), 0n);
      index.restructure(second);
      index.apply(entryAt('s', 1n), { documents: [document] });
      assert.equal(index.passages(1n)[0]!.list, 8);
      await index.close();
    });
  });

  it('leaves an index that is sound after every step, with the same content when the log is heard again', async () => {
    await inFolder(async (folder) => {
      const documents = toyDocuments(seededRandom(4), first, 200);
      const records = [documents.slice(0, 80), documents.slice(80, 140), documents.slice(140)];
      const directory = join(folder, 'index');
      const index = await openAt(directory, first);
      const states: string[] = [];
      const keep = (): void => {
        states.push(join(folder, `state${states.length}`));
        cpSync(directory, states.at(-1)!, { recursive: true });
      };
      index.apply(entryAt('s', 1n), { documents: records[0]! });
      await index.seal();
      index.apply(entryAt('s', 2n), { documents: records[1]! });
      keep();
      index.restructure(second);
      index.apply(entryAt('s', 3n), { documents: records[2]! });
      keep();
      while (await index.maintain()) keep();
      await index.seal();
      const expected = index.contentHash();
      await index.close();
      for (const state of states) {
        const again = await openAt(state, second);
        records.forEach((part, at) => again.apply(entryAt('s', BigInt(at + 1)), { documents: part }));
        while (await again.maintain());
        assert.equal(again.contentHash(), expected);
        await again.close();
      }
      assert.equal((await readManifest(systemFiles, states.at(-1)!))!.structureVersion, 2);
    });
  });

  it('writes columns in which every flipped bit is found', async () => {
    await inFolder(async (directory) => {
      const index = await openAt(directory, second);
      index.apply(entryAt('s', 1n), { documents: toyDocuments(seededRandom(5), second, 60) });
      await index.seal();
      await index.close();
      const path = join(
        directory,
        (await readdir(directory)).find((name) => name.endsWith('.segment'))!,
      );
      const good = await readFile(path);
      const parts = { files: systemFiles, clock: systemClock };
      assert.deepEqual(await verifyDirectory(directory, parts), []);
      for (let at = 3; at < good.length; at += 41) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at & 7);
        await writeFile(path, bad);
        assert.ok((await verifyDirectory(directory, parts)).length >= 1, `byte ${at}`);
        assert.ok(await isFoundByMaintenance(directory), `byte ${at}`);
      }
    });
  });
});

/** Whether opening or maintaining says DATA_LOSS; padding between columns is nobody's data. */
async function isFoundByMaintenance(directory: string): Promise<boolean> {
  try {
    const index = await openAt(directory, second);
    try {
      // Answers before the damage is known have no crash and no fault.
      await index.searchDense(new Float32Array(dim).fill(1), 5);
      while (await index.maintain());
    } finally {
      await index.close();
    }
    const problems = await verifyDirectory(directory, { files: systemFiles, clock: systemClock });
    return problems.every((problem) => problem.includes('padding'));
  } catch (error) {
    assert.equal((error as { code: string }).code, 'DATA_LOSS');
    return true;
  }
}
