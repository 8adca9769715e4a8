/** `Files` of a simulated process: each call takes a moment of virtual time, and the machine may die before, in or after it. */
import type { Files, WritableFile } from '../../../vector-index/files.js';
import type { MappedFile } from '../../../kernels/kernels.js';
import { ShoalError } from '../../../base/errors.js';
import type { Inode, SimDisk } from './disk.js';
import { never, type SimProcess } from './process.js';

/** What may go wrong at a change of the disk; counts down to it. */
export interface CrashPoint {
  /** Changes left until the machine dies; negative = it does not. */
  countdown: number;
  /** Kills the machine. */
  crash(): void;
}

export class SimFiles implements Files {
  readonly #process: SimProcess;
  readonly #disk: SimDisk;
  readonly #point: CrashPoint;

  constructor(process: SimProcess, disk: SimDisk, point: CrashPoint) {
    this.#process = process;
    this.#disk = disk;
    this.#point = point;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#change(() => this.#disk.makeDirectory(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#look(() => this.#disk.list(path));
  }

  read(path: string): Promise<Buffer> {
    return this.#look(() => Buffer.from(this.#disk.read(path)));
  }

  async create(path: string): Promise<WritableFile> {
    const inode = await this.#change(() => this.#disk.create(path));
    return {
      write: (bytes) => this.#write(inode, bytes),
      sync: () => this.#change(() => this.#disk.sync(inode), 4),
      close: () => this.#look(() => undefined),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(() => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#change(() => this.#disk.remove(path));
  }

  removeDirectory(path: string): Promise<void> {
    return this.#change(() => this.#disk.removeDirectory(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#change(() => this.#disk.syncDirectory(path), 4);
  }

  map(path: string): MappedFile {
    let bytes: Uint8Array = new Uint8Array(this.#mapped(path));
    return {
      get bytes() {
        return bytes;
      },
      isTorn: false,
      advise: () => undefined,
      close: () => {
        if (bytes.length > 0) structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
        bytes = new Uint8Array(0);
      },
    };
  }

  #mapped(path: string): Uint8Array {
    try {
      return this.#disk.read(path);
    } catch (cause) {
      throw new ShoalError('NOT_FOUND', `${path} does not exist`, { cause });
    }
  }

  /** The bytes are the caller's again when the promise resolves, so they are taken now. A full disk takes some of them. */
  #write(inode: Inode, bytes: Uint8Array): Promise<void> {
    const copy = Buffer.from(bytes);
    return this.#change(() => this.#disk.write(inode, copy));
  }

  async #look<T>(look: () => T): Promise<T> {
    await this.#process.sleep(this.#process.random.unit() * 0.2);
    return look();
  }

  async #change<T>(change: () => T, factor = 1): Promise<T> {
    await this.#process.sleep(this.#process.random.unit() * 0.5 * factor);
    if (this.#point.countdown === 0) return this.#crash(change);
    if (this.#point.countdown > 0) this.#point.countdown -= 1;
    return change();
  }

  /** The change has been made or not; nobody hears of it. */
  #crash<T>(change: () => T): Promise<T> {
    this.#point.countdown = -1;
    if (this.#process.random.below(2) === 0) change();
    this.#point.crash();
    return never<T>();
  }
}
