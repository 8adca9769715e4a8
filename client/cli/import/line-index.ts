/** Which line a document of the stream came from, in runs of consecutive lines: a clean file of any size is one run. */
import { assert, present } from '../../../base/assert.js';

export interface LinePlace {
  /** Index of the file, from 0. */
  readonly file: number;
  /** From 1. */
  readonly line: number;
}

interface Run extends LinePlace {
  readonly position: number;
}

export class LineIndex {
  readonly #runs: Run[] = [];
  #next = 0;

  /** The next document of the stream came from `place`. */
  add(place: LinePlace): void {
    const last = this.#runs.at(-1);
    const follows =
      last !== undefined && last.file === place.file && place.line - last.line === this.#next - last.position;
    if (!follows) this.#runs.push({ ...place, position: this.#next });
    this.#next += 1;
  }

  /** Where the document at `position` (from 0) came from. */
  find(position: number): LinePlace {
    assert(position >= 0 && position < this.#next, 'the position is one of the stream');
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (present(this.#runs[middle], 'run').position <= position) low = middle;
      else high = middle - 1;
    }
    const run = present(this.#runs[low], 'run');
    return { file: run.file, line: run.line + position - run.position };
  }
}
