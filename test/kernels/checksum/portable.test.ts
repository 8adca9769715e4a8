import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
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

describe('checksums', () => {
  it('are those of zlib on both, at every size and address', async () => {
    const { bytes, starts, lengths, sums } = blocks();
    const { expected, actual } = await onBoth(async (kernels) => [
      kernels.checkBlocks(bytes, starts, lengths, sums, never()),
      await kernels.checkBlocksAsync(bytes, starts, lengths, sums, never()),
    ]);
    assert.deepEqual([...expected, ...actual], [201, 201, 201, 201]);
  });

  it('name the same damaged block on both', async () => {
    const { bytes, starts, lengths, sums } = blocks();
    bytes[2_000]! ^= 4;
    const { expected, actual } = await onBoth(async (kernels) => [
      kernels.checkBlocks(bytes, starts, lengths, sums, never()),
      await kernels.checkBlocksAsync(bytes, starts, lengths, sums, never()),
    ]);
    assert.deepEqual(actual, expected);
    assert.ok(expected[0]! >= 0 && expected[0]! < sums.length);
  });

  it('are not compared further once the stop sign is set, on both', async () => {
    const { bytes, starts, lengths, sums } = blocks();
    const { expected, actual } = await onBoth(async (kernels) => [
      kernels.checkBlocks(bytes, starts, lengths, sums, Uint8Array.of(1)),
      await kernels.checkBlocksAsync(bytes, starts, lengths, sums, Uint8Array.of(1)),
    ]);
    assert.deepEqual([...expected, ...actual], [-1, -1, -1, -1]);
  });
});
