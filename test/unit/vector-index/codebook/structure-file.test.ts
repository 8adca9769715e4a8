/** The file of a structure holds all of it exactly, tells damage, and is read in every format that was ever written. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { listCountOf, type Structure } from '../../../../vector-index/codebook/structure.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';

const axes: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0, 0, 1) };
const whole: Structure = {
  ...axes,
  routing: Float32Array.of(9, 0, 0, 8, -7, 0, 0, 6),
  around: Uint32Array.of(1, 3, 0, 3, 1, 3, 1, 0),
  descent: {
    earlier: [
      { version: 7, lists: 2 },
      { version: 9, lists: 3 },
    ],
    trained: Float32Array.of(1, 0, 0, 1),
    lists: Uint32Array.of(0, 1, 0, 1),
  },
};

describe('the file of a structure', () => {
  it('holds it exactly, with routes, neighbours and descent or without', () => {
    const { routing, around, descent } = whole;
    for (const structure of [axes, whole, { ...axes, routing }, { ...axes, around }, { ...axes, descent }]) {
      const read = readStructureFile(writeStructureFile(structure as Structure));
      assert.deepEqual(read, structure);
      assert.equal(listCountOf(read), 4);
    }
  });

  it('of format 1 has centroids alone', async () => {
    const bytes = await readFile(new URL('../../../golden/structure-v1/structure', import.meta.url));
    assert.deepEqual(readStructureFile(bytes), axes);
  });

  it('is refused with any bit flipped, and cut at any place', () => {
    const bytes = writeStructureFile(whole);
    for (let i = 0; i < bytes.length; i += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[i]! ^= 1 << (i % 8);
      // A flip in the format number may look like a newer version.
      assert.throws(() => readStructureFile(flipped), { name: 'ShoalError' });
      assert.throws(() => readStructureFile(bytes.subarray(0, i)), { code: 'DATA_LOSS' });
    }
  });

  it('of a newer version is not read', () => {
    const newer = writeStructureFile(axes);
    newer[4] = 3;
    assert.throws(() => readStructureFile(newer), { code: 'FAILED_PRECONDITION' });
  });

  it('is not written for a descent that cannot be', () => {
    const { earlier, trained, lists } = whole.descent!;
    const refused = (change: object): void => {
      const descent = { earlier, trained, lists, ...change };
      assert.throws(() => writeStructureFile({ ...axes, descent }), { code: 'INTERNAL' });
    };
    refused({ earlier: [] });
    refused({ earlier: [...earlier].reverse() });
    refused({ earlier: [{ version: 7, lists: 4 }], trained: axes.centroids });
    refused({ trained: Float32Array.of(1, 0) });
    refused({ lists: Uint32Array.of(1, 0, 0, 1) });
    refused({ lists: Uint32Array.of(0, 1, 2, 1) });
    refused({ lists: Uint32Array.of(0, 1, 0) });
  });

  it('is not written for rows that are not whole', () => {
    assert.throws(() => writeStructureFile({ dim: 2, centroids: Float32Array.of(1, 2, 3) }), { code: 'INTERNAL' });
    assert.throws(() => writeStructureFile({ ...axes, routing: Float32Array.of(1) }), { code: 'INTERNAL' });
    assert.throws(() => writeStructureFile({ ...axes, around: Uint32Array.of(1) }), { code: 'INTERNAL' });
  });
});
