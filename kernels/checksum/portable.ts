/** Portable twin of checksum.h. */
import { crc32 } from 'node:zlib';
import { assert } from '../../base/assert.js';
import { pause } from '../job.js';
import type { NativeKernels } from '../native-kernels.js';

/** See `NativeKernels.checkBlocks`. */
export const checkBlocks: NativeKernels['checkBlocks'] = (bytes, starts, lengths, sums, cancel) => {
  for (let block = 0; block < starts.length; block++) {
    if (cancel[0] !== 0) return -1;
    const start = Number(starts[block]!);
    const end = start + lengths[block]!;
    assert(end <= bytes.length, 'blocks are within the bytes');
    if (crc32(bytes.subarray(start, end)) !== sums[block]) return block;
  }
  return starts.length;
};

/** See `NativeKernels.checkBlocksAsync`. */
export const checkBlocksAsync: NativeKernels['checkBlocksAsync'] = async (bytes, starts, lengths, sums, cancel) => {
  const size = bytes.length;
  for (let block = 0; block < starts.length; block++) {
    await pause();
    // A mapping closed meanwhile leaves nothing to read: the same to the caller as a cancel.
    if (cancel[0] !== 0 || bytes.length !== size) return -1;
    const one = [starts, lengths, sums].map((column) => column.subarray(block, block + 1));
    const [start, length, sum] = one as [BigUint64Array, Uint32Array, Uint32Array];
    if (checkBlocks(bytes, start, length, sum, cancel) !== 1) return block;
  }
  return starts.length;
};
