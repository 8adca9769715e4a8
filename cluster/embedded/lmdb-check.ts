/**
 * Is an lmdb file whole? Asked before lmdb opens it, since lmdb has no checksums and follows a damaged page out of its file, which
 * ends the process.
 *
 * Walks both trees from the last transaction's roots: every page where it belongs and of its kind, every node inside its page, keys
 * in order and within the bounds that the parent gives, all counts as the root says, no page used twice or used and free. What keys
 * and values say is for the caller to judge, entry by entry; with it any single damaged bit is found, or lies in bytes without meaning.
 */
import { setImmediate } from 'node:timers/promises';
import { headerBytes, numberAt, pageFlags, type FileMeta, type LmdbPages, type TreeMeta } from './lmdb-pages.js';

/** An entry whose place is checked, and whose key and value are not. */
export class CheckedEntry {
  /** A view, valid during the call that got this entry. */
  readonly key: Buffer;
  readonly valueBytes: number;
  readonly #inside: Buffer | null;
  readonly #pages: LmdbPages;
  readonly #first: number;
  readonly #count: number;

  /** `inside` is the value, or null where it lies on `count` pages from page `first` on. */
  constructor(
    key: Buffer,
    valueBytes: number,
    value: { inside: Buffer | null; pages: LmdbPages; first: number; count: number },
  ) {
    this.key = key;
    this.valueBytes = valueBytes;
    this.#inside = value.inside;
    this.#pages = value.pages;
    this.#first = value.first;
    this.#count = value.count;
  }

  /** The whole value, a view; reads the file where it has pages of its own. */
  value(): Buffer {
    if (this.#inside !== null) return this.#inside;
    return this.#pages.read(this.#first, this.#count).subarray(headerBytes, headerBytes + this.valueBytes);
  }
}

/** Flags of a tree that only has plain keys and values; the free tree's keys are numbers, and it holds the file's own flags. */
const mainFlags = 0;
const freeFlags = [0x4008, 0x0008];
const depthMax = 32;
const nodeHeaderBytes = 8;
/** Node flag: the data lies on pages of its own. */
const nodeHasPages = 1;
/** Pages walked in one turn of the event loop: a few milliseconds. */
const pagesPerTurn = 256;

/** Walks the file; `onEntry` gets every entry in the order of keys and throws where one is wrong. DATA_LOSS names file and page. */
export async function checkLmdb(pages: LmdbPages, onEntry: (entry: CheckedEntry) => void): Promise<void> {
  const meta = pages.meta();
  pages.expect(meta.main.branchPages + meta.main.leafPages);
  const walk = new Walk(pages, meta);
  await walk.tree('main', onEntry);
  await walk.free();
}

interface Bounds {
  /** Inclusive; null = none. */
  readonly from: Buffer | null;
  /** Exclusive. */
  readonly to: Buffer | null;
}

const noBounds: Bounds = { from: null, to: null };

interface Counts {
  branch: number;
  leaf: number;
  overflow: number;
  entries: number;
}

/** What is below a page, and what is done with it. */
interface Part extends Bounds {
  readonly tree: TreeMeta;
  readonly counts: Counts;
  readonly onEntry: (entry: CheckedEntry) => void;
}

class Walk {
  readonly #pages: LmdbPages;
  readonly #meta: FileMeta;
  /** A bit for every page of the file: it is used by a tree or free. */
  readonly #taken: Uint8Array;
  #walked = 0;
  /** Of the tree that is being walked. */
  #compareKeys: (left: Buffer, right: Buffer) => number = Buffer.compare;

  constructor(pages: LmdbPages, meta: FileMeta) {
    this.#pages = pages;
    this.#meta = meta;
    // The last pages of a file may be free and never written, but not more than it could ever be asked for.
    if (meta.lastPage > pages.fileBytes / meta.pageBytes + freePagesMax) {
      throw pages.damage(`its last page ${meta.lastPage} lies far behind its end`);
    }
    this.#taken = new Uint8Array((meta.lastPage >> 3) + 1);
  }

  /** Walks one tree and compares its counts. */
  async tree(name: 'main' | 'free', onEntry: (entry: CheckedEntry) => void): Promise<void> {
    const tree = this.#meta[name];
    const isPlain = name === 'main' ? tree.flags === mainFlags : freeFlags.includes(tree.flags);
    if (!isPlain || tree.depth > depthMax)
      throw this.#pages.damage(`its ${name} tree has flags or a depth that none has`);
    this.#compareKeys = name === 'main' ? Buffer.compare : byNumber;
    const counts: Counts = { branch: 0, leaf: 0, overflow: 0, entries: 0 };
    if (tree.root !== null) await this.#below(tree.root, 1, { ...noBounds, tree, counts, onEntry });
    this.#compare(name, tree, counts);
  }

  /** The lists of free pages: none of them is in use. */
  async free(): Promise<void> {
    const lists: Buffer[] = [];
    await this.tree('free', (entry) => {
      const isKey = entry.key.length === 8 && entry.key.readBigUInt64LE(0) > 0n;
      if (!isKey) throw this.#pages.damage('a list of free pages has no transaction');
      lists.push(Buffer.from(entry.value()));
    });
    for (const list of lists) this.#freeList(list);
  }

  /** Numbers u64: their count, then single pages, or minus a number of pages and the first of them; 0 stands for nothing. */
  #freeList(list: Buffer): void {
    const count = list.length >= 8 ? Number(list.readBigUInt64LE(0)) : Infinity;
    if (count * 8 + 8 > list.length) throw this.#pages.damage('a list of free pages is longer than its room');
    for (let at = 1; at <= count; at++) {
      const number = Number(list.readBigInt64LE(at * 8));
      if (number === 0) continue;
      if (number < 0) at += 1;
      if (at > count) throw this.#pages.damage('a list of free pages ends within a range');
      const first = number < 0 ? Number(list.readBigInt64LE(at * 8)) : number;
      this.#take(first, number < 0 ? -number : 1);
    }
  }

  /** Walks what is below page `number`, which lies `depth` levels deep. */
  async #below(number: number, depth: number, part: Part): Promise<void> {
    this.#walked += 1;
    if (this.#walked % pagesPerTurn === 0) await setImmediate();
    if (depth === part.tree.depth) return this.#leaf(number, part, part.counts, part.onEntry);
    for (const { page, from, to } of this.#branch(number, part, part.counts)) {
      await this.#below(page, depth + 1, { ...part, from, to });
    }
  }

  /** The children of a branch page, with the bounds of their keys. */
  #branch(number: number, bounds: Bounds, counts: Counts): ({ readonly page: number } & Bounds)[] {
    const page = this.#page(number, pageFlags.branch);
    counts.branch += 1;
    const nodes = this.#nodes(page, number);
    if (nodes.length === 0) throw this.#wrong(number, 'leads nowhere');
    // The key of the first child is not used: it begins where its parent does.
    const keys = nodes.map((at, position) => (position === 0 ? bounds.from : keyOf(page, at)));
    for (const [position, key] of keys.entries()) {
      if (position > 0) this.#ordered(number, position === 1 ? null : keys[position - 1]!, key!, bounds);
    }
    return nodes.map((at, position) => ({
      page: page.readUInt32LE(at) + page.readUInt16LE(at + 4) * 2 ** 32,
      from: keys[position]!,
      to: keys[position + 1] ?? bounds.to,
    }));
  }

  #leaf(number: number, bounds: Bounds, counts: Counts, onEntry: (entry: CheckedEntry) => void): void {
    const page = this.#page(number, pageFlags.leaf);
    const nodes = this.#nodes(page, number);
    counts.leaf += 1;
    counts.entries += nodes.length;
    let before: Buffer | null = null;
    for (const [position, at] of nodes.entries()) {
      const key = keyOf(page, at);
      const isEdge = position === 0 || position === nodes.length - 1;
      this.#ordered(number, before, key, isEdge ? bounds : noBounds);
      before = key;
      onEntry(this.#entry(page, at, { number, key, counts }));
    }
  }

  #entry(page: Buffer, at: number, node: { number: number; key: Buffer; counts: Counts }): CheckedEntry {
    const { number, key, counts } = node;
    const valueBytes = page.readUInt32LE(at);
    const flags = page.readUInt16LE(at + 4);
    const start = at + nodeHeaderBytes + key.length;
    const pages = this.#pages;
    if (flags === 0) {
      if (start + valueBytes > page.length) throw this.#wrong(number, 'has a value that leaves it');
      const inside = page.subarray(start, start + valueBytes);
      return new CheckedEntry(key, valueBytes, { inside, pages, first: 0, count: 0 });
    }
    if (flags !== nodeHasPages || start + 24 > page.length) throw this.#wrong(number, `has a node of kind ${flags}`);
    const first = Number(page.readBigUInt64LE(start));
    const count = Math.floor((headerBytes - 1 + valueBytes) / this.#meta.pageBytes) + 1;
    if (page.readBigUInt64LE(start + 16) !== BigInt(count)) throw this.#wrong(number, 'has a value of another size');
    this.#overflow(first, count);
    counts.overflow += count;
    return new CheckedEntry(key, valueBytes, { inside: null, pages, first, count });
  }

  /** Takes the pages of a large value; their content is not read. */
  #overflow(first: number, count: number): void {
    this.#take(first, count);
    const end = (first + count) * this.#meta.pageBytes;
    if (end > this.#pages.fileBytes) throw this.#wrong(first + count - 1, 'lies behind the end of the file');
    const header = this.#pages.readHeader(first);
    this.#itself(header, first, pageFlags.overflow);
    if (header.readUInt32LE(20) !== count) throw this.#wrong(first, 'begins a value of another size');
  }

  #page(number: number, flags: number): Buffer {
    this.#take(number, 1);
    const page = this.#pages.read(number);
    this.#itself(page, number, flags);
    return page;
  }

  /** A page knows its number, its kind and a transaction that has happened. */
  #itself(page: Buffer, number: number, flags: number): void {
    const isItself =
      numberAt(page, 0) === number &&
      numberAt(page, 8) <= this.#meta.transaction &&
      page.readUInt32LE(16) === flags * 2 ** 16;
    if (!isItself) throw this.#wrong(number, 'is not the page that its parent names');
  }

  /** Positions of the nodes of a page, each of them with its key inside the page. */
  #nodes(page: Buffer, number: number): number[] {
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const room = page.length - headerBytes;
    if (lower % 2 !== 0 || lower > upper || upper > room) throw this.#wrong(number, 'has impossible bounds');
    const nodes: number[] = [];
    for (let pointer = headerBytes; pointer < headerBytes + lower; pointer += 2) {
      const position = page.readUInt16LE(pointer);
      const at = headerBytes + position;
      const isInside =
        position >= upper &&
        position % 2 === 0 &&
        at + nodeHeaderBytes <= page.length &&
        at + nodeHeaderBytes + page.readUInt16LE(at + 6) <= page.length;
      if (!isInside) throw this.#wrong(number, 'has a node that leaves it');
      nodes.push(at);
    }
    return nodes;
  }

  #ordered(number: number, before: Buffer | null, key: Buffer, { from, to }: Bounds): void {
    const isAfter = before === null || this.#compareKeys(before, key) < 0;
    const isInside =
      (from === null || this.#compareKeys(from, key) <= 0) && (to === null || this.#compareKeys(key, to) < 0);
    if (!isAfter || !isInside) throw this.#wrong(number, 'has keys out of order');
  }

  /** Marks pages as taken; a page is taken once. */
  #take(first: number, count: number): void {
    const isInside = first >= 2 && count >= 1 && first + count - 1 <= this.#meta.lastPage;
    if (!isInside) throw this.#wrong(first, `and ${count - 1} more are not in the file`);
    for (let number = first; number < first + count; number++) {
      const bit = 1 << (number & 7);
      if ((this.#taken[number >> 3]! & bit) !== 0) throw this.#wrong(number, 'is used twice');
      this.#taken[number >> 3]! |= bit;
    }
  }

  #compare(name: string, tree: TreeMeta, counts: Counts): void {
    const isEqual =
      tree.branchPages === counts.branch &&
      tree.leafPages === counts.leaf &&
      tree.overflowPages === counts.overflow &&
      tree.entries === counts.entries;
    if (!isEqual) throw this.#pages.damage(`its ${name} tree holds ${counts.entries} of ${tree.entries} entries`);
  }

  #wrong(number: number, what: string): Error {
    return this.#pages.damage(`page ${number} ${what}`);
  }
}

/** Free pages at the end that a file need not have: 64 GiB of them. */
const freePagesMax = 2 ** 24;

function keyOf(page: Buffer, at: number): Buffer {
  return page.subarray(at + nodeHeaderBytes, at + nodeHeaderBytes + page.readUInt16LE(at + 6));
}

/** Keys of the free tree are numbers in the machine's order. */
function byNumber(left: Buffer, right: Buffer): number {
  if (left.length !== 8 || right.length !== 8) return 0;
  return Number(left.readBigUInt64LE(0) - right.readBigUInt64LE(0));
}
