/** The file of a structure holds all of it exactly, tells damage, and is read in every format that was ever written. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { hashBytes } from '../../../../base/hash.js';
import { listCountOf, type Structure } from '../../../../vector-index/codebook/structure.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';

const axes: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0, 0, 1) };
const whole: Structure = {
  ...axes,
  routing: Float32Array.of(9, 0, 0, 8, -7, 0, 0, 6),
  descent: {
    earlier: [
      { version: 7, lists: 2 },
      { version: 9, lists: 3 },
    ],
    trained: Float32Array.of(1, 0, 0, 1),
    lists: Uint32Array.of(0, 1, 0, 1),
  },
};

const around = Uint32Array.of(1, 3, 0, 3, 1, 3, 1, 0);

describe('the file of a structure', () => {
  it('holds it exactly, with routes, neighbours and descent or without', () => {
    const { routing, descent } = whole;
    const twice = { ...axes, around };
    for (const structure of [axes, whole, twice, { ...twice, routing }, { ...axes, routing }, { ...axes, descent }]) {
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
    for (const structure of [whole, { ...axes, around }]) isGuarded(writeStructureFile(structure));
  });

  it('is refused with flags that nobody knows, and where vectors lie in two lists of which some were split', () => {
    const flagged = withWord(writeStructureFile(axes), 16, 4);
    assert.throws(() => readStructureFile(flagged), { code: 'DATA_LOSS' });
    const { descent } = whole;
    assert.throws(() => writeStructureFile({ ...axes, around, descent: descent! }), { code: 'INTERNAL' });
    const split = writeStructureFile({ ...axes, descent: descent! });
    const both = new Uint8Array(split.length + 16);
    // One list around each of four, behind head and centroids.
    both.set(split.subarray(0, 64));
    both.set(split.subarray(64), 80);
    assert.throws(() => readStructureFile(withWord(both, 20, 1)), { code: 'DATA_LOSS' });
    assert.deepEqual(readStructureFile(withWord(split, 20, 0)), { ...axes, descent });
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

/** `bytes` with another uint32 at `at`, sealed anew. */
function withWord(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const view = new DataView(changed.buffer);
  view.setUint32(at, value, true);
  const end = changed.length - 8;
  view.setBigUint64(end, hashBytes(changed.subarray(0, end)), true);
  return changed;
}

function isGuarded(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 1) {
    const flipped = Uint8Array.from(bytes);
    flipped[i]! ^= 1 << (i % 8);
    // A flip in the format number may look like a newer version.
    assert.throws(() => readStructureFile(flipped), { name: 'ShoalError' });
    assert.throws(() => readStructureFile(bytes.subarray(0, i)), { code: 'DATA_LOSS' });
  }
}
