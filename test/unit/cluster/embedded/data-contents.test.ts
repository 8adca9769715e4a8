import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { createLogger } from '../../../../base/logger.js';
import { filesBelow, objectsFolder, registryFile, streamFolders } from '../../../../cluster/embedded/data-contents.js';
import { openEmbedded, type Embedded } from '../../../../cluster/embedded/open.js';
import { rejectsWith } from '../../../cluster/rejects.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('a data folder whose registry is gone', () => {
  const folder = folderPerTest();
  const at = (...names: string[]): string => join(folder(), ...names);
  const open = (): Promise<Embedded> =>
    openEmbedded({ directory: folder(), clock: systemClock, logger: createLogger('test', 'silent') });
  const lay = async (path: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
  };
  const refused = async (where: string): Promise<void> => {
    const { message } = await rejectsWith(open(), 'DATA_LOSS', /./);
    assert.equal(
      message,
      `${at(registryFile)} does not exist, but ${folder()} has data of collections (in ${where}): only the registry knows ` +
        'which collections they are, and a new one would show none; put the file back from a copy of the folder, or ' +
        'choose an empty folder with --data',
    );
    assert.ok(!existsSync(at(registryFile)), 'no new registry was made');
    assert.ok(!existsSync(at('lock')), 'the folder is free again');
  };

  it('is refused for the log of a collection, and opens again with the file put back', async () => {
    const { registry, log, close } = await open();
    await registry.transact([], [{ operation: 'put', key: 'a', value: Buffer.from('1') }]);
    await log.createStream('s', 1n);
    await close();
    await rename(at(registryFile), at('copy'));
    await refused('log');
    await rename(at('copy'), at(registryFile));
    const again = await open();
    assert.notEqual(await again.registry.get('a'), null);
    await again.close();
  });

  it('is refused without the whole folder of the registry, for objects and for files of nodes', async () => {
    const { objects, close } = await open();
    await objects.put('tables/one', Buffer.from('x'));
    await close();
    await rm(at('registry'), { recursive: true });
    await refused(objectsFolder);
    await lay(at('nodes', 'shard-1', 'uid', '0', 'manifest'));
    await refused(`${objectsFolder}, nodes`);
    await rm(at('objects'), { recursive: true });
    await refused('nodes');
  });

  it('is a new one where a first start was cut short, or no collection left anything', async () => {
    await lay(at('registry', 'registry.mdb.new'));
    await lay(at('format.new'));
    await (await open()).close();
    await rm(at('registry'), { recursive: true });
    await mkdir(at('log', 's.unfinished'));
    await mkdir(at(objectsFolder, 'structures'), { recursive: true });
    await mkdir(at('nodes', 'shard-1'), { recursive: true });
    await (await open()).close();
    assert.ok(existsSync(at(registryFile)));
  });

  it('is refused in words where a file stands in the place of a folder', async () => {
    await lay(at('log'));
    await rejectsWith(open(), 'FAILED_PRECONDITION', /cannot hold data: a part of its path is a file/);
  });

  it('has its registry’s file before the folders of log and objects', async () => {
    await lay(at('log', 'format'));
    await rejectsWith(open(), 'FAILED_PRECONDITION', /the log in .* says format "x"/);
    assert.ok(existsSync(at(registryFile)) && !existsSync(at('objects')));
  });
});

describe('the contents of a data folder', () => {
  const folder = folderPerTest();

  it('are files below a folder, ascending, and streams that are whole', async () => {
    assert.deepEqual([await filesBelow(folder(), 'log', ''), await streamFolders(folder())], [[], []]);
    for (const name of ['b.mdb', 'a.mdb', 'a.mdb-lock']) {
      await mkdir(join(folder(), 'log', 's'), { recursive: true });
      await writeFile(join(folder(), 'log', 's', name), '');
    }
    await mkdir(join(folder(), 'log', 't.unfinished'));
    assert.deepEqual(await filesBelow(folder(), 'log', '.mdb'), [join('log', 's', 'a.mdb'), join('log', 's', 'b.mdb')]);
    assert.deepEqual(await streamFolders(folder()), ['s']);
  });
});
