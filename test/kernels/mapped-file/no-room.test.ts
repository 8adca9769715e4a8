import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadAddon } from '../../../kernels/native.js';
import { portableKernels } from '../../../kernels/portable.js';
import { skipBecause } from '../../skip.js';
import { folderOfSuite } from '../../temporary-folder.js';

const program = fileURLToPath(new URL('no-room.ts', import.meta.url));
const bytes = 3 * 2 ** 30;

describe('a file that there is no room to map', function () {
  this.timeout(60_000);
  const folder = folderOfSuite();

  it('is refused with what to do, the process lives on, and it is mapped once there is room', async function () {
    if (loadAddon() === null) skipBecause(this, 'without native kernels nothing is mapped: run npm run setup');
    const path = join(folder, 'large');
    const file = await open(path, 'w');
    await file.write(Buffer.of(7), 0, 1, bytes - 1);
    await file.close();
    const env = { ...process.env, SHOAL_KERNELS: '' };
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, path], { env });
    const { refused, mapped } = JSON.parse(stdout) as { refused: { code: string; message: string }; mapped: unknown };
    assert.equal(refused.code, 'RESOURCE_EXHAUSTED');
    assert.match(refused.message, /cannot map the file .*large: ENOMEM.*ulimit -v.*vm\.max_map_count/);
    assert.deepEqual(mapped, [bytes, 7]);
  });

  it('is refused by the portable twin, which reads it, where no buffer is that large', async () => {
    const path = join(folder, 'larger');
    const file = await open(path, 'w');
    await file.write(Buffer.of(7), 0, 1, 2 ** 36);
    await file.close();
    assert.equal(portableKernels.mapFile(path), constants.errno.ENOMEM);
  });
});
