/**
 * Which files hold what an index remembers of superseded ids.
 *
 * Entries are a log that grows at its end and is forgotten at its beginning, cut into files: a commit writes what is new, together
 * with the files before it that are at most twice as large. So sizes halve from file to file: there are few, and an entry is written
 * again a few times only.
 */
import type { FenceSnapshot } from '../fences.js';

/** A file of consecutive entries; positions count as those of `FenceSnapshot`. */
export interface FenceFile {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface FencePlan {
  /** Files that stay as they are, in order. */
  readonly kept: readonly FenceFile[];
  /** Entries from here to the end go to a new file; null when nothing is new. */
  readonly from: number | null;
}

/** What becomes of `files`, which hold entries up to some position, when the entries of `snapshot` are to be on disk. */
export function planFences(
  files: readonly FenceFile[],
  { start, end }: Pick<FenceSnapshot, 'start' | 'end'>,
): FencePlan {
  const kept = files.filter(({ to }) => to > start);
  let from = Math.max(start, files.at(-1)?.to ?? start);
  if (from === end) return { kept, from: null };
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    const begin = Math.max(start, last.from);
    if (from - begin > 2 * (end - from)) break;
    from = begin;
    kept.pop();
  }
  return { kept, from };
}
