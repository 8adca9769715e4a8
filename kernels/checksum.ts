/** Are blocks of a file what they were when they were written? A part of the door of kernels.ts, with its rules. Formula: checksum/checksum.h. */
import { assert } from '../base/assert.js';
import { runJob } from './job.js';
import { callKernels as call } from './native.js';

/** Blocks of `bytes`, each with its CRC-32: columns of one length. */
export interface SummedBlocks {
  readonly bytes: Uint8Array;
  /** uint64: where each begins. */
  readonly starts: BigUint64Array;
  /** uint32: its bytes. */
  readonly lengths: Uint32Array;
  /** uint32 */
  readonly sums: Uint32Array;
}

/** The number of the first block whose checksum differs; −1 when none does. */
export function damagedBlock(blocks: SummedBlocks): number {
  const { bytes, starts, lengths, sums } = checkedSizes(blocks);
  const found = call((kernels) => kernels.checkBlocks(bytes, starts, lengths, sums, new Uint8Array(1)));
  return found === starts.length ? -1 : found;
}

/** As `damagedBlock`, on libuv's pool. CANCELLED when `signal` aborts. */
export async function damagedBlockAsync(blocks: SummedBlocks, signal?: AbortSignal): Promise<number> {
  const { bytes, starts, lengths, sums } = checkedSizes(blocks);
  const found = await runJob(signal, (cancel) =>
    call((kernels) => kernels.checkBlocksAsync(bytes, starts, lengths, sums, cancel)),
  );
  return found === starts.length ? -1 : found;
}

function checkedSizes(blocks: SummedBlocks): SummedBlocks {
  const { starts, lengths, sums } = blocks;
  assert(starts.length === lengths.length && starts.length === sums.length, 'every block has a place and a checksum');
  return blocks;
}
