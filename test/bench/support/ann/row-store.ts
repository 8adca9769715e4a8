/** Rows of a benchmark that say no times, kept by what was measured: a peer's codec finds the same the next time. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export type Row = Readonly<Record<string, unknown>>;

export class RowStore {
  readonly #path: string | null;
  readonly #rows: Map<string, readonly Row[]>;

  private constructor(path: string | null, rows: Map<string, readonly Row[]>) {
    this.#path = path;
    this.#rows = rows;
  }

  /** What the file at `path` says, where there is one; null = nothing is kept. */
  static async open(path: string | null): Promise<RowStore> {
    if (path === null || !existsSync(path)) return new RowStore(path, new Map());
    return new RowStore(
      path,
      new Map(Object.entries(JSON.parse(await readFile(path, 'utf8')) as Record<string, Row[]>)),
    );
  }

  /** The rows that `key` names, from `measure` where they are not known; those of something absent are not kept. Writes the file. */
  async rows(key: string, measure: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const rows = await measure();
    if (this.#path === null || rows.some((row) => 'absent' in row)) return rows;
    this.#rows.set(key, rows);
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(this.#path, JSON.stringify(Object.fromEntries(this.#rows)));
    return rows;
  }
}
