import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { damagedBlock, damagedBlockAsync } from '../../../kernels/checksum.js';

/** Blocks of 0 to 200 bytes, one behind the other, with what zlib says of them. */
function blocks() {
  const lengths = Uint32Array.from({ length: 201 }, (_, at) => at);
  const starts = BigUint64Array.from(lengths, (length) => BigInt((length * (length - 1)) / 2));
  const bytes = Uint8Array.from({ length: 201 * 100 }, (_, at) => (at * 2_654_435_761) >>> 13);
  const sums = lengths.map((length, at) => crc32(bytes.subarray(Number(starts[at]!), Number(starts[at]!) + length)));
  return { bytes, starts, lengths, sums };
}

describe('the checksums of blocks', () => {
  it('are those of zlib, at every size', async () => {
    assert.equal(damagedBlock(blocks()), -1);
    assert.equal(await damagedBlockAsync(blocks()), -1);
  });

  it('name the first block with another one, on and off the event loop', async () => {
    const summed = blocks();
    for (const bad of [200, 64, 3]) {
      summed.sums[bad]! ^= 1 << 17;
      assert.equal(damagedBlock(summed), bad);
      assert.equal(await damagedBlockAsync(summed), bad);
    }
  });

  it('are not compared when the caller gave up', async () => {
    await assert.rejects(damagedBlockAsync(blocks(), AbortSignal.abort()), { code: 'CANCELLED' });
  });

  it('are refused for blocks outside the bytes, and for columns of several lengths', () => {
    const { bytes, sums } = blocks();
    const one = { bytes, sums: sums.slice(0, 1) };
    const end = BigInt(bytes.length);
    for (const [starts, length] of [
      [BigUint64Array.of(end - 5n), 6],
      [BigUint64Array.of(end + 1n), 0],
      [new BigUint64Array(2), 0],
    ] as const)
      assert.throws(() => damagedBlock({ ...one, starts, lengths: Uint32Array.of(length) }), { code: 'INTERNAL' });
  });
});
