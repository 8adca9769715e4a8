/**
 * Which blocks of a segment file were compared with their checksums since it was opened, and the comparing: each block once, whoever asks.
 *
 * A few blocks are checked on the event loop, more on libuv's pool, in pieces. Whoever waits for a piece that another one has begun waits
 * for that; where it is given up, the next one begins it again. Opening a file costs nothing here.
 */
import { damagedBlock, damagedBlockAsync, type SummedBlocks } from '../../kernels/checksum.js';
import { unlessAborted } from '../unless-aborted.js';

/** Bytes that are checked on the event loop: some tenths of a millisecond's work, of which handing them to a thread takes half. */
const inlineBytes = 512 * 1024;

/** Blocks of one piece of work of a thread: about a millisecond's. */
const pieceBlocks = 64;

/** Pieces that one caller has under way: the pool has four threads, which others want too. */
const piecesTogether = 2;

const blockState = { unchecked: 0, whole: 1, underWay: 2 } as const;

/** Every block of a file, in order. */
export interface FileBlocks {
  /** The whole file; must stay mapped while jobs are begun. */
  readonly bytes: Uint8Array;
  /** Of each block where it begins, how long it is, and its CRC-32. */
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly sums: Uint32Array;
  /** The error for a block that is damaged. */
  readonly damaged: (block: number) => Error;
}

export class BlockChecks {
  readonly #file: FileBlocks;
  readonly #states: Uint8Array;
  readonly #underWay = new Map<number, Promise<void>>();
  #left: number;
  #next = 0;

  constructor(file: FileBlocks) {
    this.#file = file;
    this.#left = file.lengths.length;
    this.#states = new Uint8Array(this.#left);
  }

  /** Whether every block of the file was checked. */
  get isDone(): boolean {
    return this.#left === 0;
  }

  /** Whether the block was checked. */
  isChecked(block: number): boolean {
    return this.#states[block] === blockState.whole;
  }

  /** Compares the block, whether that was done before or not. */
  isWhole(block: number): boolean {
    return damagedBlock(this.#summed([block])) < 0;
  }

  /** Checks blocks `from` to `to` that were not checked yet, on this thread. DATA_LOSS names the first damaged one. */
  checkNow(from: number, to: number): void {
    const open: number[] = [];
    for (let block = from; block < to; block += 1) if (this.#states[block] !== blockState.whole) open.push(block);
    this.#compare(open);
  }

  /**
   * Checks those of `blocks` that were not checked yet. DATA_LOSS names a damaged one; CANCELLED, or the signal's reason, as soon as `signal`
   * aborts.
   */
  async check(blocks: Iterable<number>, signal?: AbortSignal): Promise<void> {
    const open = [...blocks].filter((block) => this.#states[block] !== blockState.whole);
    if (open.length === 0) return;
    signal?.throwIfAborted();
    const isShort = open.reduce((sum, block) => sum + this.#file.lengths[block]!, 0) <= inlineBytes;
    if (isShort && open.every((block) => this.#states[block] === blockState.unchecked)) return this.#compare(open);
    await this.#checkAll(open, signal);
  }

  /** Checks up to `count` blocks that were not checked yet, the first in the file; false when none is left. Errors as `check`. */
  async checkNext(count: number): Promise<boolean> {
    const states = this.#states;
    while (this.#next < states.length && states[this.#next] === blockState.whole) this.#next += 1;
    const open: number[] = [];
    for (let block = this.#next; block < states.length && open.length < count; block += 1)
      if (states[block] !== blockState.whole) open.push(block);
    await this.check(open);
    return this.#left > 0;
  }

  /** Checks every block, whether that was done before or not, in pieces. DATA_LOSS names a damaged one. */
  async checkAgain(pause: () => Promise<void>): Promise<void> {
    const count = this.#states.length;
    for (let from = 0; from < count; from += pieceBlocks) {
      const piece = Array.from({ length: Math.min(pieceBlocks, count - from) }, (_, at) => from + at);
      const bytes = piece.reduce((sum, block) => sum + this.#file.lengths[block]!, 0);
      if (bytes <= inlineBytes) this.#compare(piece);
      else this.#settle(piece, await damagedBlockAsync(this.#summed(piece)));
      await pause();
    }
  }

  async #checkAll(open: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    let at = 0;
    const workOff = async (): Promise<void> => {
      for (;;) {
        const piece: number[] = [];
        for (; at < open.length && piece.length < pieceBlocks; at += 1)
          if (this.#states[open[at]!] === blockState.unchecked) piece.push(open[at]!);
        if (piece.length === 0) return;
        await this.#begin(piece, signal);
      }
    };
    try {
      await Promise.all(Array.from({ length: piecesTogether }, workOff));
    } finally {
      // After an error nothing more is begun.
      at = open.length;
    }
    // What others began is theirs until they give it up.
    for (const block of open) {
      while (this.#states[block] !== blockState.whole) {
        const others = this.#underWay.get(block);
        if (others === undefined) await this.#begin([block], signal);
        else await unlessAborted(others, signal);
      }
    }
  }

  /** A piece of work of a thread. */
  async #begin(piece: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const work = damagedBlockAsync(this.#summed(piece), signal);
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    for (const block of piece) {
      this.#states[block] = blockState.underWay;
      this.#underWay.set(block, settled);
    }
    try {
      this.#settle(piece, await work);
    } finally {
      for (const block of piece) {
        this.#underWay.delete(block);
        if (this.#states[block] === blockState.underWay) this.#states[block] = blockState.unchecked;
      }
    }
  }

  #compare(blocks: readonly number[]): void {
    if (blocks.length > 0) this.#settle(blocks, damagedBlock(this.#summed(blocks)));
  }

  /** Takes note that `blocks` are whole; throws where number `damaged` of them, not −1, is not. */
  #settle(blocks: readonly number[], damaged: number): void {
    if (damaged >= 0) throw this.#file.damaged(blocks[damaged]!);
    for (const block of blocks) {
      if (this.#states[block] !== blockState.whole) this.#left -= 1;
      this.#states[block] = blockState.whole;
    }
  }

  #summed(blocks: readonly number[]): SummedBlocks {
    const { bytes, starts, lengths, sums } = this.#file;
    return {
      bytes,
      starts: BigUint64Array.from(blocks, (block) => BigInt(starts[block]!)),
      lengths: Uint32Array.from(blocks, (block) => lengths[block]!),
      sums: Uint32Array.from(blocks, (block) => sums[block]!),
    };
  }
}
