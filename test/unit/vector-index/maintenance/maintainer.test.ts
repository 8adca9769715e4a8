import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../../base/clock.js';
import { ShoalError } from '../../../../base/errors.js';
import { seededRandom } from '../../../../base/random.js';
import { applyChange, newestDocId } from '../../../../vector-index/apply-change.js';
import type { MappedFile } from '../../../../kernels/kernels.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import type { Files } from '../../../../vector-index/files.js';
import { IndexState } from '../../../../vector-index/index-state.js';
import { openManifest } from '../../../../vector-index/maintenance/index-files.js';
import { Maintainer } from '../../../../vector-index/maintenance/maintainer.js';
import { readManifest } from '../../../../vector-index/manifest.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { defaultShardIndexLimits } from '../../../../vector-index/shard-index-limits.js';
import { codecs, entryAt, IndexModel, randomDocument, settings } from '../fixtures.js';
import { inFolder } from '../../../temporary-folder.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

const random = seededRandom(5);

async function withMaintainer(
  work: (parts: { state: IndexState; maintainer: Maintainer; directory: string }) => Promise<void>,
  limits = {},
  files: Files = systemFiles,
): Promise<void> {
  await inFolder(async (directory) => {
    const state = new IndexState(settings);
    const manifest = await openManifest(systemFiles, directory, settings);
    const all = { ...defaultShardIndexLimits, ...limits };
    const maintainer = new Maintainer({
      directory,
      state,
      manifest,
      limits: all,
      files,
      fenceFiles: [],
      clock: systemClock,
    });
    await work({ state, maintainer, directory });
    await maintainer.close();
    for (const segment of state.states) segment.retire();
  });
}

function write(state: IndexState, sequence: bigint, ids: readonly string[]): void {
  applyChange(state, 0, { documents: ids.map((id, at) => randomDocument(random, id, sequence * 4096n + BigInt(at))) });
  state.applied.set('s', sequence);
}

/** `count` documents of new ids as one record. */
function writeMany(state: IndexState, sequence: bigint, count: number): void {
  write(
    state,
    sequence,
    Array.from({ length: count }, (_, at) => `${sequence}-${at}`),
  );
}

describe('maintenance', () => {
  it('does not write a manifest when nothing changed', async () => {
    await withMaintainer(async ({ state, maintainer, directory }) => {
      write(state, 1n, ['a']);
      await maintainer.seal();
      const before = await readManifest(systemFiles, directory);
      await maintainer.seal();
      assert.deepEqual(await readManifest(systemFiles, directory), before);
    });
  });

  it('leaves everything as it is while files cannot be mapped, and nothing on the disk, until there is room', async () => {
    let hasRoom = true;
    const map: Files['map'] = (path) => {
      if (hasRoom) return systemFiles.map(path);
      throw new ShoalError('RESOURCE_EXHAUSTED', `cannot map the file ${path}: ENOMEM`);
    };
    await withMaintainer(
      async ({ state, maintainer, directory }) => {
        const segments = async () => (await readdir(directory)).filter((name) => name.endsWith('.segment')).length;
        const docIds = (): bigint[] =>
          state.states.flatMap(({ reader }) => [...reader.docIds.subarray(0, reader.rowCount)]).sort();
        for (const sequence of [1n, 2n]) {
          writeMany(state, sequence, 20);
          await maintainer.seal();
        }
        writeMany(state, 3n, 5);
        const before = docIds();
        hasRoom = false;
        for (const attempt of [() => maintainer.merge(), () => maintainer.seal(), () => maintainer.seal()]) {
          await assert.rejects(attempt(), { code: 'RESOURCE_EXHAUSTED', message: /cannot map the file .*ENOMEM/ });
        }
        assert.deepEqual([await segments(), docIds(), maintainer.isSealDue], [2, before, true]);
        hasRoom = true;
        await maintainer.seal();
        assert.deepEqual([await segments(), docIds(), maintainer.isSealDue], [3, before, false]);
        assert.equal(await maintainer.merge(), true);
        assert.deepEqual(docIds(), before);
      },
      { mergeFanIn: 2 },
      { ...systemFiles, map },
    );
  });

  it('does not merge what was damaged since it was checked', async () => {
    const limits = { mergeFanIn: 2 };
    await withMaintainer(async ({ state, maintainer, directory }) => {
      for (const sequence of [1n, 2n]) {
        writeMany(state, sequence, 20);
        await maintainer.seal();
      }
      for (const { reader } of state.sealed) while (await reader.verifyNext(100));
      const [{ file, reader }] = state.sealed as [(typeof state.sealed)[0]];
      const at = (await readFile(join(directory, file))).indexOf(reader.document(3).text);
      const handle = await open(join(directory, file), 'r+');
      await handle.write(Buffer.from('#'), 0, 1, at);
      await handle.close();
      await assert.rejects(maintainer.merge(), { code: 'DATA_LOSS', message: new RegExp(`column text in .*${file}`) });
      assert.equal(state.sealed.length, 2);
      assert.deepEqual((await readdir(directory)).filter((name) => name.endsWith('.segment')).length, 2);
    }, limits);
  });

  it('does not put in place what it copied from a file that was cut short', async () => {
    const torn = new Set<string>();
    // The bytes stay, as where what was read last is still there: only the file itself can tell.
    const map = (path: string): MappedFile => {
      const { bytes, advise, close } = systemFiles.map(path);
      const isTorn = (): boolean => torn.has(path);
      return {
        bytes,
        advise,
        close,
        get isTorn() {
          return isTorn();
        },
      };
    };
    const limits = { mergeFanIn: 2 };
    await withMaintainer(
      async ({ state, maintainer, directory }) => {
        for (const sequence of [1n, 2n]) {
          writeMany(state, sequence, 20);
          await maintainer.seal();
        }
        const [{ file }] = state.sealed as [(typeof state.sealed)[0]];
        const before = await readManifest(systemFiles, directory);
        torn.add(join(directory, file));
        await assert.rejects(maintainer.merge(), { code: 'DATA_LOSS', message: new RegExp(`${file} was cut short`) });
        assert.deepEqual(await readManifest(systemFiles, directory), before);
        assert.equal(state.sealed.length, 2);
      },
      limits,
      { ...systemFiles, map },
    );
  });

  it('serves and keeps what it could not write, and writes it with the next seal', async () => {
    await withMaintainer(async ({ state, maintainer, directory }) => {
      write(state, 1n, ['a']);
      // A directory in the place of the file that the seal wants to write.
      const blocked = join(directory, '0000000001.segment.tmp');
      await mkdir(blocked);
      await assert.rejects(maintainer.seal());
      assert.equal(newestDocId(state, 'a'), 4096n);
      write(state, 2n, ['b']);
      await rm(blocked, { recursive: true });
      await maintainer.seal();
      assert.equal(state.durable.get('s'), 2n);
      assert.deepEqual(
        state.sealed.map(({ livePrimaryCount }) => livePrimaryCount),
        [1, 1],
      );
    });
  });

  it('leaves no file of a seal or merge whose manifest could not be written, and does it again when asked', async () => {
    await withMaintainer(
      async ({ state, maintainer, directory }) => {
        write(state, 1n, ['a']);
        await maintainer.seal();
        const blocked = join(directory, 'manifest.tmp');
        const filesOf = async (): Promise<readonly string[]> => (await readdir(directory)).sort();
        const before = await filesOf();
        const isBlocked = async (work: Promise<unknown>): Promise<void> => {
          await assert.rejects(work);
          assert.deepEqual(await filesOf(), [...before, 'manifest.tmp']);
        };
        write(state, 2n, ['a', 'b']);
        await mkdir(join(blocked, 'x'), { recursive: true });
        await isBlocked(maintainer.seal());
        assert.ok(maintainer.isSealDue);
        write(state, 3n, ['b', 'c']);
        await isBlocked(maintainer.seal());
        await rm(blocked, { recursive: true });
        await maintainer.seal();
        assert.ok(!maintainer.isSealDue);
        assert.equal(state.durable.get('s'), 3n);
        const ids = (): bigint[] => ['a', 'b', 'c'].map((id) => newestDocId(state, id));
        assert.deepEqual(ids(), [8_192n, 12_288n, 12_289n]);
        const { segments } = (await readManifest(systemFiles, directory))!;
        const named = segments.flatMap(({ file, tombstones }) => (tombstones === null ? [file] : [file, tombstones]));
        assert.deepEqual(await filesOf(), [...named, 'manifest'].sort());
      },
      { mutableBytesMax: 1 << 20 },
    );
  });

  it('seals beside a merge that takes long', async () => {
    await withMaintainer(
      async ({ state, maintainer }) => {
        for (let sequence = 1n; sequence <= 2n; sequence += 1n) {
          writeMany(state, sequence, 300);
          await maintainer.seal();
        }
        const merging = maintainer.merge();
        writeMany(state, 3n, 300);
        assert.equal(maintainer.isSealDue, true);
        await merging;
        assert.equal(maintainer.isSealDue, false);
        assert.equal(state.durable.get('s'), 3n);
        assert.equal(
          state.sealed.reduce((sum, { livePrimaryCount }) => sum + livePrimaryCount, 0),
          900,
        );
      },
      { mergeFanIn: 2, mutableBytesMax: 50_000 },
    );
  });

  it('gives a merge up when it is closed', async () => {
    await withMaintainer(
      async ({ state, maintainer }) => {
        for (let sequence = 1n; sequence <= 2n; sequence += 1n) {
          writeMany(state, sequence, 500);
          await maintainer.seal();
        }
        const merging = maintainer.merge();
        const rejected = assert.rejects(merging, { code: 'CANCELLED' });
        await maintainer.close();
        await rejected;
        assert.equal(state.sealed.length, 2);
      },
      { mergeFanIn: 2 },
    );
  });

  it('leaves at every instant a directory that opens as exactly the state after its applied sequence', async () => {
    await inFolder(async (directory) => {
      const data = join(directory, 'data');
      const snapshots = new Set<string>();
      const limits = { mutableBytesMax: 4_000, mergeFanIn: 2, tombstoneShareMax: 0.3 };
      const clock = snapshottingClock(data, (name) => snapshots.add(join(directory, name)));
      const index = await ShardIndex.open({ directory: data, settings, codecs, limits, files: systemFiles, clock });
      const states: (readonly IndexDocument[])[] = [[]];
      const model = new IndexModel();
      for (let sequence = 1n; sequence <= 60n; sequence += 1n) {
        const documents = [0n, 1n, 2n].map((at) =>
          randomDocument(random, `id${random.below(30)}-${at}`, sequence * 4096n + at),
        );
        const superseded = [{ id: `id${random.below(30)}-${random.below(3)}`, docId: sequence * 4096n }];
        for (const { id, docId } of superseded) model.supersede(id, docId);
        for (const document of documents) model.upsert(document);
        states.push(model.sorted);
        const maintained = index.maintain();
        index.apply(entryAt('s', sequence), { documents, superseded });
        await maintained;
      }
      await index.close();
      assert.ok(snapshots.size > 10);
      for (const snapshot of snapshots) {
        const again = await ShardIndex.open({
          directory: snapshot,
          settings,
          codecs,
          files: systemFiles,
          clock: systemClock,
        });
        assert.deepEqual(again.scroll(0n, 1000), states[Number(again.applied('s'))]);
        assert.deepEqual(await again.verify(), []);
        await again.close();
      }
    });
  });
});

/** A clock that copies `data` beside it every so often when it is asked for the time: what a crash at that instant would leave. */
function snapshottingClock(data: string, taken: (name: string) => void): Clock {
  let asked = 0;
  return {
    ...systemClock,
    monotonicMs: () => {
      asked += 1;
      if (asked % 211 === 0) {
        cpSync(data, `${data}-${asked}`, { recursive: true });
        taken(`data-${asked}`);
      }
      return systemClock.monotonicMs() * 20;
    },
  };
}
