/**
 * Recalls that were measured before, by what was measured: an index that is kept answers the same the next time. Times are never kept.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export class RecallStore {
  readonly #path: string | null;
  readonly #recalls: Map<string, number>;

  private constructor(path: string | null, recalls: Map<string, number>) {
    this.#path = path;
    this.#recalls = recalls;
  }

  /** What the file at `path` says, where there is one; null = nothing is kept. */
  static async open(path: string | null): Promise<RecallStore> {
    if (path === null || !existsSync(path)) return new RecallStore(path, new Map());
    const known = JSON.parse(await readFile(path, 'utf8')) as Record<string, number>;
    return new RecallStore(path, new Map(Object.entries(known)));
  }

  /** The recall that `key` names, from `measure` where it is not known. */
  async recall(key: string, measure: () => Promise<number>): Promise<number> {
    const known = this.#recalls.get(key);
    if (known !== undefined) return known;
    const recall = await measure();
    this.#recalls.set(key, recall);
    return recall;
  }

  /** Writes the file. */
  async save(): Promise<void> {
    if (this.#path === null) return;
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(this.#path, JSON.stringify(Object.fromEntries(this.#recalls)));
  }
}
