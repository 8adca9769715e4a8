/**
 * The pages of an lmdb file (data version 2) as bytes, read without lmdb and without trusting any length in them.
 *
 * Page: number u64 @0 · transaction u64 @8 · 0 u16 @16 · flags u16 @18 · lower u16 @20 · upper u16 @22 (overflow: pages u32 @20) ·
 * positions of the nodes u16[] @24, counted from 24. Meta (pages 0 and 1) @24: magic u32 · version u32 · address u64 · map bytes u64 ·
 * free tree · main tree · last page u64 · transaction u64. Tree: u32 (free: page bytes) · flags u16 · depth u16 · branch, leaf and
 * overflow pages, entries, root, each u64. Node: data bytes or child page in two u16 · flags u16 · key bytes u16 · key · data.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ShoalError } from '../../base/errors.js';
import { restoreRemedy } from '../object-remedies.js';

export const pageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
export const headerBytes = 24;
const metaBytes = headerBytes + 136;
const magic = 0xbeefc0de;
const dataVersion = 2;
/** Root of a tree without entries. */
const noPage = 2n ** 64n - 1n;

const blockBytes = 1024 * 1024;
/** Blocks kept in memory. */
const blocksMax = 64;
/** Blocks are read where at least one page in so many is asked for. */
const blockShare = 8;

export interface TreeMeta {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Null for a tree without entries. */
  readonly root: number | null;
}

export interface FileMeta {
  readonly pageBytes: number;
  readonly free: TreeMeta;
  readonly main: TreeMeta;
  readonly lastPage: number;
  readonly transaction: number;
}

/** A file whose pages are read one by one. The creator closes it. */
export class LmdbPages {
  readonly path: string;
  readonly fileBytes: number;
  readonly #descriptor: number;
  #pageBytes = 4096;
  /** Bytes read at once, in aligned blocks; 0 = what is asked for. */
  #blockBytes = 0;
  readonly #blocks = new Map<number, Buffer>();

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'r');
    this.fileBytes = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The state of the last transaction. The page that holds the other one must be that of the transaction before it. */
  meta(): FileMeta {
    const first = this.#metaAt(0, 0);
    this.#pageBytes = first.pageBytes;
    const second = this.#metaAt(1, first.pageBytes);
    if (first.pageBytes !== second.pageBytes) throw this.damage('its two meta pages differ in page size');
    // Transactions take turns between the two pages, and each makes its own root, so that a lost or changed one is seen.
    const [even, odd] = [first.transaction, second.transaction];
    const isPair = Math.abs(even - odd) === 1 && even % 2 === 0;
    if (!isPair)
      throw this.damage(`its meta pages hold transactions ${even} and ${odd}, which do not follow each other`);
    for (const each of [first, second]) this.#checkRoot(each);
    return even > odd ? first : second;
  }

  /** Says that `count` pages will be asked for one by one: where that is a large part of the file, it is read in large blocks. */
  expect(count: number): void {
    this.#blockBytes = count * this.#pageBytes * blockShare > this.fileBytes ? blockBytes : 0;
  }

  /** `count` pages from page `number` on. */
  read(number: number, count = 1): Buffer {
    return this.#bytes(number * this.#pageBytes, count * this.#pageBytes, `page ${number}`);
  }

  /** Only the header of page `number`. */
  readHeader(number: number): Buffer {
    return this.#bytes(number * this.#pageBytes, headerBytes, `page ${number}`);
  }

  damage(what: string): ShoalError {
    return new ShoalError('DATA_LOSS', `${this.path} is damaged: ${what}; ${restoreRemedy}`);
  }

  #checkRoot({ main, transaction }: FileMeta): void {
    const made = main.root === null ? null : this.readHeader(main.root).readBigUInt64LE(8);
    if (made === BigInt(transaction)) return;
    throw this.damage(`the root of transaction ${transaction} is of transaction ${made}`);
  }

  #bytes(position: number, bytes: number, what: string): Buffer {
    if (position + bytes > this.fileBytes) {
      throw this.damage(`${what} should end at byte ${position + bytes}, but the file has ${this.fileBytes}`);
    }
    if (this.#blockBytes > 0 && bytes <= this.#pageBytes) return this.#fromBlock(position, bytes);
    return this.#readAt(position, bytes, what);
  }

  /** Pages do not cross the border of a block. */
  #fromBlock(position: number, bytes: number): Buffer {
    const start = position - (position % this.#blockBytes);
    let block = this.#blocks.get(start);
    if (block === undefined) {
      block = this.#readAt(start, Math.min(this.#blockBytes, this.fileBytes - start), `the block at byte ${start}`);
      const [oldest] = this.#blocks.keys();
      if (this.#blocks.size >= blocksMax && oldest !== undefined) this.#blocks.delete(oldest);
      this.#blocks.set(start, block);
    }
    return block.subarray(position - start, position - start + bytes);
  }

  #readAt(position: number, bytes: number, what: string): Buffer {
    const buffer = Buffer.allocUnsafe(bytes);
    const read = readSync(this.#descriptor, buffer, 0, bytes, position);
    if (read === bytes) return buffer;
    throw this.damage(`${what} cannot be read whole`);
  }

  #metaAt(number: number, position: number): FileMeta {
    const page = this.#bytes(position, metaBytes, `meta page ${number}`);
    const isOurs =
      page.readUInt16LE(18) === pageFlags.meta &&
      page.readUInt32LE(headerBytes) === magic &&
      page.readUInt32LE(headerBytes + 4) === dataVersion &&
      page.readBigUInt64LE(headerBytes + 8) === 0n;
    const pageBytes = page.readUInt32LE(headerBytes + 24);
    const isPageSize = pageBytes >= 512 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0;
    if (!isOurs || !isPageSize) throw this.damage(`meta page ${number} is not one of lmdb`);
    return {
      pageBytes,
      free: this.#tree(page, headerBytes + 24),
      main: this.#tree(page, headerBytes + 72),
      lastPage: this.#number(page, headerBytes + 120),
      transaction: this.#number(page, headerBytes + 128),
    };
  }

  #tree(page: Buffer, at: number): TreeMeta {
    return {
      flags: page.readUInt16LE(at + 4),
      depth: page.readUInt16LE(at + 6),
      branchPages: this.#number(page, at + 8),
      leafPages: this.#number(page, at + 16),
      overflowPages: this.#number(page, at + 24),
      entries: this.#number(page, at + 32),
      root: page.readBigUInt64LE(at + 40) === noPage ? null : this.#number(page, at + 40),
    };
  }

  /** A u64 that counts something in this file, so that it is far below 2^53. */
  #number(page: Buffer, at: number): number {
    const high = page.readUInt32LE(at + 4);
    if (high > 0xffff) throw this.damage(`the number at byte ${at} of a meta page is out of all bounds`);
    return numberAt(page, at);
  }
}

/** The u64 at `at`, exact below 2^53; larger ones come out large. */
export function numberAt(page: Buffer, at: number): number {
  return page.readUInt32LE(at + 4) * 2 ** 32 + page.readUInt32LE(at);
}
