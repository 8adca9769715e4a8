import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { createLogger } from '../../../../base/logger.js';
import { codecObject, keys, structureObject } from '../../../../cluster/keys.js';
import type { RegistryWrite } from '../../../../cluster/registry.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { openEmbedded } from '../../../../cluster/embedded/open.js';
import { registryOf, verifyEmbedded, type VerifiedFile } from '../../../../cluster/embedded/verify.js';
import { damage } from '../../../flip.js';
import { folderPerTest } from '../../../temporary-folder.js';
import { rejectsWith } from '../../../cluster/rejects.js';

describe('the offline check of an embedded cluster', () => {
  const folder = folderPerTest();
  const open = () => openEmbedded({ directory: folder(), clock: systemClock, logger: createLogger('test', 'silent') });
  const all = async (): Promise<VerifiedFile[]> => {
    const files: VerifiedFile[] = [];
    for await (const file of verifyEmbedded(folder())) files.push(file);
    return files;
  };
  const fill = async (): Promise<void> => {
    const { registry, log, objects, close } = await open();
    const deadline = Deadline.after(systemClock, 60_000);
    const settings = CollectionSettings.fromPartial({ uid: 's', name: 'notes', structureVersion: 2, tokenCodec: 'c' });
    const value = CollectionSettings.encode(settings).finish();
    await registry.transact([], [{ operation: 'put', key: keys.setting('s'), value }]);
    await log.createStream('s', 1n);
    await log.append('s', 's.1', { headers: { id: 'x' }, body: Buffer.alloc(20_000, 7) }, deadline);
    await objects.put('tables/one', Buffer.alloc(100, 3));
    await objects.put(structureObject('s', 2), Buffer.alloc(10));
    await objects.put(codecObject('c'), Buffer.alloc(10));
    deadline.close();
    await close();
  };
  const problems = async (): Promise<string[]> => (await all()).flatMap((file) => file.problems);

  it('names every file and finds nothing in whole ones', async () => {
    await fill();
    const files = await all();
    assert.deepEqual(
      files.map(({ file, kind }) => `${kind} ${file}`),
      [
        'format format',
        ...['registry', 'log', 'objects'].map((each) => `format ${each}/format`),
        'registry registry/registry.mdb',
        'log log/s/00000000000000000001.mdb',
        ...['codecs/c', 'structures/s/2', 'tables/one'].map((each) => `object objects/objects/${each}`),
      ],
    );
    assert.deepEqual(await problems(), []);
  });

  it('is silent about a folder without a cluster', async () => {
    assert.deepEqual(await all(), []);
  });

  it('reads the bodies of the log, which opening does not', async () => {
    await fill();
    const [chunk = ''] = (await readdir(join(folder(), 'log', 's'))).filter((name) => name.endsWith('.mdb'));
    damage(join(folder(), 'log', 's', chunk), {
      kind: 'flip',
      byte: bodyByte(join(folder(), 'log', 's', chunk)),
      bit: 3,
    });
    const [problem = ''] = await problems();
    assert.match(problem, /sequence 1 in .*mdb does not match: its body is damaged/);
  });

  for (const [file, byte, message] of [
    ['format', 0, /says format|has format/],
    ['registry/registry.mdb', 24, /registry\.mdb is damaged: .*`shoal restore FOLDER NAME`$/],
    ['objects/objects/tables/one', 0, /tables\/one is damaged/],
  ] as const) {
    it(`finds a damaged ${file}`, async () => {
      await fill();
      damage(join(folder(), file), { kind: 'flip', byte, bit: 1 });
      const found = await problems();
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', message);
    });
  }

  for (const [lost, message] of [
    ['registry', /^the registry.*|registry\/registry\.mdb cannot be read/],
    ['log/s', /log\/s, which collection 'notes' needs, does not exist; put it back/],
    ['log/s/00000000000000000001.mdb', /log\/s, which collection 'notes' needs, does not exist/],
    ['objects/objects/structures', /structures\/s\/2, which collection 'notes' needs, does not exist/],
    ['objects/objects/codecs/c', /codecs\/c, which collection 'notes' needs, does not exist/],
  ] as const) {
    it(`misses ${lost}`, async () => {
      await fill();
      assert.equal((await registryOf(folder()))?.size, 1);
      rmSync(join(folder(), lost), { recursive: true });
      assert.match((await problems()).join('\n'), message);
      assert.equal((await registryOf(folder()))?.size, lost === 'registry' ? undefined : 1);
    });
  }

  it('tells the log of a collection that the registry does not know from one that is being dropped', async () => {
    await fill();
    const drop = async (writes: readonly RegistryWrite[]): Promise<void> => {
      const { registry, close } = await open();
      await registry.transact([], [{ operation: 'delete', key: keys.setting('s') }, ...writes]);
      await close();
    };
    await drop([]);
    const [problem, ...others] = await problems();
    assert.match(problem ?? '', /log\/s is the log of a collection that the registry does not know/);
    assert.equal(others.length, 0);
    await drop([{ operation: 'put', key: keys.remains('s'), value: Buffer.alloc(0) }]);
    assert.deepEqual(await problems(), []);
  });

  it('refuses a folder that a process has', async () => {
    await fill();
    const { close } = await open();
    await rejectsWith(all(), 'FAILED_PRECONDITION', /is in use by process/);
    await close();
  });
});

/** Somewhere in the run of equal bytes that is the body. */
function bodyByte(path: string): number {
  return readFileSync(path).indexOf(Buffer.alloc(64, 7)) + 100;
}
