/**
 * What comparisons found lately in a segment that does not change: filters come again, page after page and user after user.
 *
 * Comparisons are kept, not whole filters: joining them costs little, and a filter that asks for the time of day still shares the
 * rest of it with the one before.
 */

/** Comparisons that are kept: at most two bytes a row. */
const comparisonsMax = 16;
/** Characters of a key above which nothing is kept: a list of thousands of values is nobody's habit. */
const keyLengthMax = 4_096;

/** All rows, none of them, or those of a bitmap in words of 32. */
export type Rows = boolean | Uint32Array;

export class FilterCache {
  /** In the order of their last use. */
  readonly #kept = new Map<string, Rows>();

  /** What is kept under `key`, or else what `find` gives. Not to be changed. */
  rowsOf(key: string, find: () => Rows): Rows {
    const known = this.#kept.get(key);
    const rows = known ?? find();
    if (key.length > keyLengthMax) return rows;
    this.#kept.delete(key);
    this.#kept.set(key, rows);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= comparisonsMax) break;
      this.#kept.delete(oldest);
    }
    return rows;
  }
}
