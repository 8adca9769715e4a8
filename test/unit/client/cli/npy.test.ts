import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachRow, openNpy } from '../../../../client/cli/npy.js';
import { npyBytes } from './npy-bytes.js';
import { folderOfSuite } from '../../../temporary-folder.js';

describe('.npy matrices', () => {
  const folder = folderOfSuite();
  const path = join(folder, 'm.npy');

  it('are read by row and by chunk', async () => {
    writeFileSync(
      path,
      npyBytes([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    const npy = await openNpy(path);
    assert.deepEqual([npy.rows, npy.dim], [3, 2]);
    assert.deepEqual(await npy.readRows(1, 10), Float32Array.of(3, 4, 5, 6));
    const rows: number[][] = [];
    for await (const row of eachRow(npy)) rows.push([...row]);
    assert.deepEqual(rows, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    await npy.close();
  });

  it('of another type, order or shape are refused with the way to convert them', async () => {
    const cases: [Buffer, RegExp][] = [
      [npyBytes([[1]], { descr: '<f8' }), /holds <f8, not little-endian float32; convert it with numpy\.save/],
      [npyBytes([[1]], { descr: '>f4' }), /holds >f4/],
      [npyBytes([[1]], { fortran: true }), /Fortran order/],
      [npyBytes([[1]], { shape: '(1,)' }), /shape \(1,\)/],
      [npyBytes([[1]], { shape: '(5, 5)' }), /says 5 × 5 float32 but has 4 bytes/],
      [Buffer.from('no npy at all'), /is no \.npy file/],
    ];
    for (const [bytes, message] of cases) {
      writeFileSync(path, bytes);
      await assert.rejects(openNpy(path), { code: 'INVALID_ARGUMENT', message });
    }
  });

  it('that do not exist are named', async () => {
    await assert.rejects(openNpy(join(folder, 'none.npy')), { code: 'NOT_FOUND', message: /none\.npy/ });
  });
});
