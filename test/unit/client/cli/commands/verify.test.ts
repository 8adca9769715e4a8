import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../../../../base/clock.js';
import { createLogger } from '../../../../../base/logger.js';
import { openEmbedded } from '../../../../../cluster/embedded/open.js';
import { writeArchive } from '../../../../../client/cli/backup/archive-folder.js';
import { partsOf, smallArchive } from '../../../cluster/archive/small-archive.js';
import { runShoal } from '../run-shoal.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

const logger = createLogger('test', 'silent');

describe('shoal verify', () => {
  const folder = folderOfSuite();

  it('names damage and ends with 1', async () => {
    mkdirSync(join(folder, 'shard'));
    writeFileSync(join(folder, 'shard', 'manifest'), 'damaged');
    const result = await runShoal(['verify', folder, '--json']);
    assert.equal(result.exitCode, 1);
    const { indexes, problems } = result.json() as { indexes: number; problems: string[] };
    assert.deepEqual([indexes, problems.length], [1, 1]);
    assert.match(problems[0] ?? '', /manifest/);
  });

  it('names every part of a data folder, and is done without a cluster', async () => {
    const directory = join(folder, 'data');
    const { registry, objects, close } = await openEmbedded({ directory, clock: systemClock, logger });
    await registry.transact([], [{ operation: 'put', key: 'a', value: Buffer.from('x') }]);
    await objects.put('tables/one', Buffer.alloc(8));
    assert.match((await runShoal(['verify', directory])).stderr, /is in use by process/);
    await close();
    const result = await runShoal(['verify', directory, '--json']);
    const { files, problems } = result.json() as { files: { file: string; kind: string }[]; problems: string[] };
    assert.deepEqual([result.exitCode, problems], [0, []]);
    assert.deepEqual(
      files.filter(({ kind }) => kind !== 'format').map(({ file }) => file),
      ['registry/registry.mdb', 'objects/objects/tables/one'],
    );
    for (const written of [directory, `${directory}/`, join(relative('.', directory), '..', 'data')])
      assert.equal((await runShoal(['verify', written])).stdout, '0 indexes and 6 other parts: all checksums match\n');
  });

  it('reads every checksum of a backup', async () => {
    const directory = join(folder, 'backup');
    await writeArchive(directory, Readable.from(partsOf(smallArchive())));
    const sound = await runShoal(['verify', directory]);
    assert.deepEqual([sound.exitCode, sound.stdout], [0, 'backup of notes, 2 files: all checksums match\n']);
    writeFileSync(join(directory, 'shard-0.log'), 'x');
    const result = await runShoal(['verify', directory, '--json']);
    assert.equal(result.exitCode, 1);
    const { problems, ...rest } = result.json() as { problems: string[] };
    assert.deepEqual(rest, { directory, collection: 'notes', sequence: '9', members: 2 });
    assert.match(problems.join(), /member 'shard-0.log' of the backup is damaged/);
  });

  it('says where there is nothing to verify', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    assert.match((await runShoal(['verify', empty])).stderr, /no index below/);
    assert.match((await runShoal(['verify', join(folder, 'none')])).stderr, /cannot read/);
  });
});
