/** Real files that fail as a full disk does, or as a machine that dies at the n-th change: what was done stays, the rest never happens. */
import type { Files } from '../../../../../vector-index/files.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';

export class FaultyFiles implements Files {
  isFull = false;
  /** Changes of the disk that are still made. */
  left = Infinity;
  /** Changes made so far. */
  changes = 0;

  list = (path: string): Promise<readonly string[]> => systemFiles.list(path);
  read = (path: string): Promise<Buffer> => systemFiles.read(path);
  map = (path: string): ReturnType<Files['map']> => systemFiles.map(path);
  makeDirectory = (path: string): Promise<void> => this.#change(() => systemFiles.makeDirectory(path));
  rename = (from: string, to: string): Promise<void> => this.#change(() => systemFiles.rename(from, to));
  remove = (path: string): Promise<void> => this.#change(() => systemFiles.remove(path));
  removeDirectory = (path: string): Promise<void> => this.#change(() => systemFiles.removeDirectory(path));
  syncDirectory = (path: string): Promise<void> => this.#change(() => systemFiles.syncDirectory(path));

  async create(path: string): Promise<Awaited<ReturnType<Files['create']>>> {
    const file = await this.#change(() => systemFiles.create(path));
    return {
      write: (bytes) => {
        if (this.isFull) return Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
        return this.#change(() => file.write(bytes));
      },
      sync: () => this.#change(() => file.sync()),
      close: () => file.close(),
    };
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    this.changes += 1;
    this.left -= 1;
    if (this.left < 0) return Promise.reject(new Error('the machine died'));
    return change();
  }
}
