/**
 * A machine's disk as the worst file systems behave: what was not fsynced is lost, kept or torn by a crash, entry by entry.
 *
 * Two pictures are kept: what processes see, and what a power cut leaves. `sync` of a file makes its bytes lasting, `syncDirectory`
 * the names in it. A sync that fails says so once and loses what it was to save, though the process still reads it, as on Linux.
 */
import type { Random } from '../../../base/random.js';

/** A file apart from its names. */
export interface Inode {
  /** What processes read. */
  content: Buffer;
  /** What a power cut leaves. */
  lasting: Buffer;
  /** An fsync failed: later ones find nothing to write, and say that all is well. */
  isForsaken: boolean;
}

interface Directory {
  readonly seen: Map<string, Inode>;
  readonly lasting: Map<string, Inode>;
}

/** What was on a disk that is no longer there. */
export type DiskImage = ReadonlyMap<string, Directory>;

/** What a power cut does to names and bytes that no fsync has saved. */
export type Fate = 'lost' | 'kept' | 'mixed';

export class SimDisk {
  readonly #random: Random;
  readonly #directories = new Map<string, Directory>();
  /** Nothing more can be written. */
  isFull = false;
  /** So many of the next fsyncs fail. */
  failingSyncs = 0;
  /** Fsyncs that failed. */
  failedSyncs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  makeDirectory(path: string): void {
    const parts = path.split('/');
    for (let count = 1; count <= parts.length; count += 1) {
      const name = parts.slice(0, count).join('/');
      // Directories themselves last at once: their loss is told by the files that are missing in them.
      if (!this.#directories.has(name)) this.#directories.set(name, { seen: new Map(), lasting: new Map() });
    }
  }

  /** Names of files and directories in `path`. */
  list(path: string): string[] {
    const directory = this.#listable(path);
    const below = `${path}/`;
    const inner = [...this.#directories.keys()].filter((name) => name.startsWith(below));
    const folders = new Set(inner.map((name) => name.slice(below.length).split('/')[0] ?? ''));
    return [...directory.seen.keys(), ...folders];
  }

  read(path: string): Buffer {
    return this.#file(path).content;
  }

  create(path: string): Inode {
    this.#assertRoom(path);
    const { directory, name } = this.#place(path);
    const inode: Inode = { content: Buffer.alloc(0), lasting: Buffer.alloc(0), isForsaken: false };
    directory.seen.set(name, inode);
    return inode;
  }

  write(inode: Inode, bytes: Uint8Array): void {
    this.#assertRoom('the file');
    inode.content = Buffer.concat([inode.content, bytes]);
  }

  sync(inode: Inode): void {
    if (this.failingSyncs > 0) {
      this.failingSyncs -= 1;
      this.failedSyncs += 1;
      inode.isForsaken = true;
      throw failure('EIO', 'fsync failed');
    }
    if (!inode.isForsaken) inode.lasting = inode.content;
  }

  rename(from: string, to: string): void {
    const inode = this.#file(from);
    const source = this.#place(from);
    const target = this.#place(to);
    source.directory.seen.delete(source.name);
    target.directory.seen.set(target.name, inode);
  }

  remove(path: string): void {
    const { directory, name } = this.#place(path);
    directory.seen.delete(name);
  }

  removeDirectory(path: string): void {
    for (const name of [...this.#directories.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.#directories.delete(name);
    }
  }

  syncDirectory(path: string): void {
    if (this.failingSyncs > 0) {
      this.failingSyncs -= 1;
      this.failedSyncs += 1;
      throw failure('EIO', 'fsync of a directory failed');
    }
    const { seen, lasting } = this.#directory(path);
    lasting.clear();
    for (const [name, inode] of seen) lasting.set(name, inode);
  }

  /** The power goes: what was not saved meets its fate. */
  cutPower(): void {
    const fate = (['lost', 'kept', 'mixed', 'mixed'] as const)[this.#random.below(4)]!;
    const torn = new Set<Inode>();
    for (const { seen, lasting } of this.#directories.values()) {
      for (const name of new Set([...seen.keys(), ...lasting.keys()])) {
        const isKept = seen.get(name) === lasting.get(name) || !this.#happens(fate);
        const inode = isKept ? lasting.get(name) : seen.get(name);
        if (inode === undefined) seen.delete(name);
        else seen.set(name, inode);
      }
      lasting.clear();
      for (const [name, inode] of seen) {
        lasting.set(name, inode);
        torn.add(inode);
      }
    }
    for (const inode of torn) this.#tear(inode, fate);
  }

  /** The process goes, the machine stays: all that was written is there. */
  keepAll(): void {
    for (const { seen, lasting } of this.#directories.values()) {
      lasting.clear();
      for (const [name, inode] of seen) {
        inode.lasting = inode.content;
        lasting.set(name, inode);
      }
    }
  }

  /** Takes everything away: another disk, with nothing on it, is in its place. Gives what was on this one. */
  replace(): DiskImage {
    const image = new Map(this.#directories);
    this.#directories.clear();
    return image;
  }

  /** The directory `path`, and all below it, is what it was on the disk of `image`. */
  putBack(image: DiskImage, path: string): void {
    const isBelow = (name: string): boolean => name === path || name.startsWith(`${path}/`);
    this.removeDirectory(path);
    this.makeDirectory(path);
    for (const [name, directory] of image) if (isBelow(name)) this.#directories.set(name, directory);
  }

  /** Paths of all directories and, apart, of all files that are not empty. */
  paths(): { readonly directories: readonly string[]; readonly files: readonly string[] } {
    const files = [...this.#directories].flatMap(([path, { seen }]) =>
      [...seen].filter(([, { content }]) => content.length > 0).map(([name]) => `${path}/${name}`),
    );
    return { directories: [...this.#directories.keys()], files };
  }

  /** Turns bit `bit` of a file over, on the disk and for whoever reads it from now on; the function returned turns it back. */
  flip(path: string, bit: number): () => void {
    const inode = this.#file(path);
    const turn = (): void => {
      const turned = Buffer.from(inode.content);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      inode.content = inode.lasting = turned;
    };
    turn();
    // Of whatever else turned over meanwhile each bit is turned back by itself: what is on disk as a whole is not written again.
    return turn;
  }

  /** Bytes of all files. */
  get bytes(): number {
    let sum = 0;
    for (const { seen } of this.#directories.values()) for (const { content } of seen.values()) sum += content.length;
    return sum;
  }

  #happens(fate: Fate): boolean {
    return fate === 'kept' || (fate === 'mixed' && this.#random.below(2) === 0);
  }

  #tear(inode: Inode, fate: Fate): void {
    const { content, lasting } = inode;
    if (content === lasting) return;
    inode.content = fate === 'mixed' ? this.#torn(content, lasting) : fate === 'kept' ? content : lasting;
    inode.lasting = inode.content;
  }

  /** Some beginning of the new bytes, perhaps with the size of all of them and nothing or rubbish behind. */
  #torn(content: Buffer, lasting: Buffer): Buffer {
    const length = lasting.length + this.#random.below(Math.max(1, content.length - lasting.length + 1));
    const begun = Buffer.from(content.subarray(0, length));
    const kind = this.#random.below(3);
    if (kind === 0) return begun;
    const rest = Buffer.alloc(content.length - begun.length, kind === 1 ? 0 : 1 + this.#random.below(255));
    return Buffer.concat([begun, rest]);
  }

  #assertRoom(what: string): void {
    if (this.isFull) throw failure('ENOSPC', `no space left on device: ${what}`);
  }

  #listable(path: string): Directory {
    const cut = path.lastIndexOf('/');
    const isFile = this.#directories.get(path.slice(0, cut))?.seen.has(path.slice(cut + 1)) === true;
    if (isFile) throw failure('ENOTDIR', `no directory: ${path}`);
    return this.#directory(path);
  }

  #directory(path: string): Directory {
    const directory = this.#directories.get(path);
    if (directory === undefined) throw failure('ENOENT', `no such directory: ${path}`);
    return directory;
  }

  #place(path: string): { readonly directory: Directory; readonly name: string } {
    const cut = path.lastIndexOf('/');
    return { directory: this.#directory(path.slice(0, cut)), name: path.slice(cut + 1) };
  }

  #file(path: string): Inode {
    const { directory, name } = this.#place(path);
    const inode = directory.seen.get(name);
    if (inode === undefined) throw failure('ENOENT', `no such file: ${path}`);
    return inode;
  }
}

function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
