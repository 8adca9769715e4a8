/** Removes files that an index no longer names, those that a snapshot holds only once it lets them go. */
import { join } from 'node:path';
import type { Files } from '../files.js';

export class FileKeeper {
  readonly #files: Files;
  readonly #directory: string;
  /** File name → how many snapshots hold it. */
  readonly #held = new Map<string, number>();
  /** Those to remove when nobody holds them any more. */
  readonly #unnamed = new Set<string>();

  constructor(files: Files, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** Removes `names` (null: nothing), now or when they are let go. */
  async remove(names: readonly (string | null)[]): Promise<void> {
    for (const name of names) {
      if (name === null) continue;
      if (this.#held.has(name)) this.#unnamed.add(name);
      else await this.#files.remove(join(this.#directory, name));
    }
  }

  /** Keeps `names` until they are let go as often as they were held. */
  hold(names: readonly string[]): void {
    for (const name of names) this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
  }

  async release(names: readonly string[]): Promise<void> {
    const free: string[] = [];
    for (const name of names) {
      const left = (this.#held.get(name) ?? 1) - 1;
      if (left > 0) {
        this.#held.set(name, left);
        continue;
      }
      this.#held.delete(name);
      if (this.#unnamed.delete(name)) free.push(name);
    }
    await this.remove(free);
  }
}
