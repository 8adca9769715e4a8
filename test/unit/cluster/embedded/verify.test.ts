import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { createLogger } from '../../../../base/logger.js';
import { openEmbedded } from '../../../../cluster/embedded/open.js';
import { verifyEmbedded, type VerifiedFile } from '../../../../cluster/embedded/verify.js';
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
    await registry.transact([], [{ operation: 'put', key: 'a', value: Buffer.from('value') }]);
    await log.createStream('s', 1n);
    await log.append('s', 's.1', { headers: { id: 'x' }, body: Buffer.alloc(20_000, 7) }, deadline);
    await objects.put('tables/one', Buffer.alloc(100, 3));
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
        'object objects/objects/tables/one',
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
    ['registry/registry.mdb', 24, /registry\.mdb is damaged/],
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
