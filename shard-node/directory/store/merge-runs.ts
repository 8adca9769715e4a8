/** Which runs to make one of, and how: many small runs cost every look-up, large ones are rewritten seldom. */
import type { Files } from '../../../vector-index/files.js';
import type { Slices } from '../../../vector-index/maintenance/slices.js';
import { isGone } from './run-format.js';
import { RunCursor, type Run } from './run.js';
import { RunWriter } from './run-writer.js';

/** So many runs of similar size become one. */
const mergedAtLeast = 4;
/** Beyond so many runs they are merged whatever their sizes. */
const runsMax = 12;

/** How many of the newest of `bytes` (sizes of runs, oldest first) to merge; 0 = none. */
export function mergeCount(bytes: readonly number[]): number {
  let count = 0;
  let total = 0;
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    // Rewriting a run larger than all that comes to it would cost more than it saves.
    if (count > 0 && bytes[at]! > total) break;
    total += bytes[at]!;
    count += 1;
  }
  if (count >= mergedAtLeast) return count;
  return bytes.length > runsMax ? mergedAtLeast : 0;
}

export interface RunMerge {
  /** Oldest first. */
  readonly runs: readonly Run[];
  /** Nothing older exists: what is gone needs no mention. */
  readonly isOldest: boolean;
  readonly files: Files;
  /** Of the new run. */
  readonly path: string;
  readonly slices: Slices;
  /** Ends the merge early. */
  readonly isCancelled: () => boolean;
}

/**
 * Writes one run that says what `runs` say together; on disk when it resolves. False when it was cancelled or nothing is
 * left. DATA_LOSS when one of them is damaged.
 */
export async function mergeRuns({ runs, isOldest, files, path, slices, isCancelled }: RunMerge): Promise<boolean> {
  const writer = await RunWriter.create(
    files,
    path,
    runs.reduce((sum, { entries }) => sum + entries, 0),
  );
  let isEmpty = true;
  try {
    const merged = new MergedCursor(runs);
    while (merged.next()) {
      if (isCancelled()) return false;
      const { top } = merged;
      if (!(isOldest && isGone(top.file, top.valueAt))) {
        writer.copy(top.id, top.idBytes, top.value);
        isEmpty = false;
      }
      if (writer.isPieceFull) await writer.flush();
      if (slices.isOver) await slices.pause();
    }
    for (const run of runs) run.requireWhole();
    if (!isEmpty) await writer.finish();
  } finally {
    await writer.close();
  }
  return !isEmpty;
}

/** Walks several runs as one; of an id that several have, the newest says what counts. */
export class MergedCursor {
  /** Newest first. */
  readonly #cursors: RunCursor[] = [];
  #top: RunCursor | null = null;

  /** Over `runs`, oldest first; from the first id above `after[0 … afterBytes)`, or from the first. */
  constructor(runs: readonly Run[], after?: Buffer) {
    for (const run of [...runs].reverse()) {
      const cursor = new RunCursor(run);
      const hasAny = after === undefined ? cursor.next() : cursor.seekAfter(after, after.length);
      if (hasAny) this.#cursors.push(cursor);
    }
  }

  /** The cursor at the present id. */
  get top(): RunCursor {
    return this.#top!;
  }

  /** To the next id; false at the end. */
  next(): boolean {
    if (this.#top !== null) this.#leave(this.#top);
    this.#top = null;
    for (const cursor of this.#cursors) {
      if (this.#top === null || cursor.compare(this.#top.id, this.#top.idBytes) < 0) this.#top = cursor;
    }
    return this.#top !== null;
  }

  /** Moves every cursor that is at the id of `top` on. */
  #leave(top: RunCursor): void {
    for (let at = this.#cursors.length - 1; at >= 0; at -= 1) {
      const cursor = this.#cursors[at]!;
      if (cursor !== top && cursor.compare(top.id, top.idBytes) === 0) this.#advance(cursor);
    }
    this.#advance(top);
  }

  #advance(cursor: RunCursor): void {
    if (!cursor.next()) this.#cursors.splice(this.#cursors.indexOf(cursor), 1);
  }
}
