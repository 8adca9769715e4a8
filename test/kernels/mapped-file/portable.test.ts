import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapFile, scanDense } from '../../../kernels/kernels.js';
import { folderOfSuite } from '../../temporary-folder.js';

describe('a mapped file', () => {
  const folder = folderOfSuite();

  function fileOf(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  it('has the bytes of the file', () => {
    const bytes = Uint8Array.from({ length: 70_001 }, (_, i) => i * 31);
    const file = mapFile(fileOf('plain', bytes));
    assert.deepEqual(Buffer.from(file.bytes), Buffer.from(bytes));
    for (const pattern of ['random', 'sequential', 'willneed'] as const) file.advise(pattern);
    file.close();
  });

  it('is of length 0 once closed, in every view, and closes twice', () => {
    const file = mapFile(fileOf('closed', new Uint8Array(4096).fill(1)));
    const view = new Uint16Array(file.bytes.buffer, 8, 10);
    file.close();
    file.close();
    file.advise('random');
    assert.deepEqual([file.bytes.length, view.length], [0, 0]);
  });

  it('comes back when it is read again, where it was called unneeded', () => {
    const bytes = Uint8Array.from({ length: 70_001 }, (_, i) => i * 7);
    const file = mapFile(fileOf('unneeded', bytes));
    const view = file.bytes.subarray(5, 69_000);
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(Buffer.from(view), Buffer.from(bytes.subarray(5, 69_000)));
      file.advise('unneeded');
    }
    assert.equal(file.bytes[70_000], bytes[70_000]);
    file.close();
  });

  it('may be empty', () => {
    const file = mapFile(fileOf('empty', new Uint8Array(0)));
    assert.equal(file.bytes.length, 0);
    file.advise('willneed');
    file.close();
  });

  it('is NOT_FOUND when it is missing, with its path in the details', () => {
    const path = join(folder, 'missing');
    assert.throws(() => mapFile(path), { code: 'NOT_FOUND', details: { path } });
  });

  it('is FAILED_PRECONDITION when it is a folder', () => {
    assert.throws(() => mapFile(folder), { code: 'FAILED_PRECONDITION' });
  });

  it('may be mapped twice, and one closed alone', () => {
    const path = fileOf('twice', Uint8Array.of(1, 2, 3));
    const first = mapFile(path);
    const second = mapFile(path);
    first.close();
    assert.deepEqual([...second.bytes], [1, 2, 3]);
    second.close();
  });

  it('stays in memory until the jobs that run on it have ended, though closed', async () => {
    const dim = 64;
    const file = mapFile(fileOf('scanned', new Uint8Array(2 * dim * 40_000).fill(0x3c)));
    const rows = new Uint16Array(file.bytes.buffer, 0, dim * 40_000);
    const scans = Array.from({ length: 6 }, () =>
      scanDense({ rows, dim, query: new Float32Array(dim).fill(1), live: null, k: 3 }),
    );
    file.close();
    const outcomes = await Promise.allSettled(scans);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') assert.deepEqual([...outcome.value.rows], [0, 1, 2]);
      else assert.equal((outcome.reason as { code: string }).code, 'CANCELLED');
    }
  });
});
