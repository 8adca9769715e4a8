import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lockDataDirectory } from '../../../../cluster/embedded/data-directory.js';
import { rejectsWith } from '../../../cluster/rejects.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('the lock of a data directory', () => {
  const folder = folderPerTest();
  const lockFile = (content: object): Promise<void> => writeFile(join(folder(), 'lock'), JSON.stringify(content));
  const deadPid = (): number => spawnSync('true').pid;

  it('is given again after its release', async () => {
    const lock = await lockDataDirectory(folder());
    await lock.release();
    await lock.release();
    await (await lockDataDirectory(folder())).release();
    assert.deepEqual(await readdir(folder()), ['format']);
  });

  it('is refused while a live process has it, naming the process', async () => {
    const lock = await lockDataDirectory(folder());
    const error = await rejectsWith(lockDataDirectory(folder()), 'FAILED_PRECONDITION', /stop that process/);
    assert.deepEqual(error.details, { pid: String(process.pid), host: hostname() });
    await lock.release();
  });

  it('is taken over from a dead process', async () => {
    await lockFile({ pid: deadPid(), host: hostname(), began: '1' });
    await (await lockDataDirectory(folder())).release();
  });

  it('is taken over when its pid has come back as another process', async () => {
    await lockFile({ pid: process.pid, host: hostname(), began: '1' });
    await (await lockDataDirectory(folder())).release();
  });

  it('is taken over when it is no lock at all', async () => {
    await writeFile(join(folder(), 'lock'), 'torn');
    await (await lockDataDirectory(folder())).release();
  });

  it('of another machine is believed', async () => {
    await lockFile({ pid: deadPid(), host: 'elsewhere', began: '1' });
    await rejectsWith(lockDataDirectory(folder()), 'FAILED_PRECONDITION', /on elsewhere.*remove .*lock/);
  });

  it('goes to one of several who want a dead one’s', async () => {
    await lockFile({ pid: deadPid(), host: hostname(), began: '1' });
    const attempts = await Promise.allSettled([0, 1, 2, 3].map(() => lockDataDirectory(folder())));
    const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
    assert.equal(won.length, 1);
    for (const attempt of won) await attempt.value.release();
  });

  it('is refused for a newer format of the data', async () => {
    await writeFile(join(folder(), 'format'), '2\n');
    await rejectsWith(lockDataDirectory(folder()), 'FAILED_PRECONDITION', /data in .* format 2.*format 1/);
  });
});
