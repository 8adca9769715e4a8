import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { damagedBlock, damagedBlockAsync } from '../../../kernels/checksum.js';
import { never, onBoth, testRandom } from '../pair.js';

/** Blocks of every size up to 200 bytes, at all kinds of addresses, with what zlib says of them. */
function blocks() {
  const random = testRandom();
  const bytes = Uint8Array.from({ length: 4_096 }, () => random.below(256));
  const lengths = Uint32Array.from({ length: 201 }, (_, at) => at);
  const starts = BigUint64Array.from(lengths, (length) => BigInt(random.below(bytes.length - length + 1)));
  const sums = lengths.map((length, at) => crc32(bytes.subarray(Number(starts[at]!), Number(starts[at]!) + length)));
  return { bytes, starts, lengths, sums };
}

describe('checksums of blocks', () => {
  it('are those of zlib, at every size and address', () => {
    assert.equal(damagedBlock(blocks()), -1);
  });

  it('name the first block with another one, on and off the event loop', async () => {
    const summed = blocks();
    for (const bad of [200, 64, 3]) {
      summed.sums[bad]! ^= 1 << 17;
      assert.equal(damagedBlock(summed), bad);
      assert.equal(await damagedBlockAsync(summed), bad);
    }
  });

  it('are compared by the reference and by the kernels under test alike', async () => {
    const { bytes, starts, lengths, sums } = blocks();
    bytes[2_000]! ^= 4;
    const { expected, actual } = await onBoth(async (kernels) => [
      kernels.checkBlocks(bytes, starts, lengths, sums, never()),
      await kernels.checkBlocksAsync(bytes, starts, lengths, sums, never()),
    ]);
    assert.deepEqual(actual, expected);
    assert.ok(expected[0]! >= 0 && expected[0]! < sums.length);
  });

  it('are not compared further when the caller gives up', async () => {
    const { bytes, starts, lengths, sums } = blocks();
    const { expected, actual } = await onBoth((kernels) =>
      kernels.checkBlocks(bytes, starts, lengths, sums, Uint8Array.of(1)),
    );
    assert.deepEqual([expected, actual], [-1, -1]);
    await assert.rejects(damagedBlockAsync(blocks(), AbortSignal.abort()), { code: 'CANCELLED' });
  });

  it('are refused for blocks outside the bytes', () => {
    const { bytes, sums } = blocks();
    const one = { bytes, sums: sums.slice(0, 1) };
    assert.throws(() => damagedBlock({ ...one, starts: BigUint64Array.of(4_090n), lengths: Uint32Array.of(7) }), {
      code: 'INTERNAL',
    });
    assert.throws(() => damagedBlock({ ...one, starts: new BigUint64Array(1), lengths: new Uint32Array(2) }), {
      code: 'INTERNAL',
    });
  });
});
