/**
 * The lexical columns of a sealed segment: postings by term, and the terms of each row.
 *
 * What is checked here is how columns fit together, so that no look into one passes the end of another. The terms of a row are compared
 * with their checksums when they are read; postings by who reads them (`segment-checks.ts`), and a search survives whatever they hold.
 */
import { positionOf } from '../binary-search.js';
import type { ColumnFile } from './column-file.js';
import { termRanges } from './sealed-columns.js';
import type { Postings, RowRanges, RowTerms } from './segment-reader.js';

export class TermColumns {
  /** uint32[terms], ascending. */
  readonly dictionary: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #weights: Uint16Array;
  readonly #ranges: RowRanges;
  readonly #rowTerms: Uint32Array;
  readonly #rowWeights: Uint16Array;
  readonly #file: ColumnFile;

  /** Views of `file`. DATA_LOSS when columns contradict each other. */
  constructor(file: ColumnFile) {
    this.#file = file;
    this.dictionary = file.u32('term');
    this.#starts = file.u32('termStart');
    this.#rows = file.u32('postRow');
    this.#weights = file.u16('postWeight');
    this.#ranges = termRanges(file);
    this.#rowTerms = file.u32('rowTerm');
    this.#rowWeights = file.u16('rowTermWeight');
    const wrong = this.#contradiction(file);
    if (wrong !== null) throw file.contradiction(wrong);
  }

  /** Null when no row has the term. */
  postings(termId: number): Postings | null {
    const at = positionOf(this.dictionary, termId);
    if (at < 0) return null;
    return { rows: this.#rows, weights: this.#weights, start: this.#starts[at]!, end: this.#starts[at + 1]! };
  }

  /** The terms of a row that has some. DATA_LOSS when a block of theirs is damaged. */
  termsOf(row: number): RowTerms {
    const start = this.#ranges.start(row);
    const end = start + this.#ranges.length(row);
    this.#file.verifyRange('rowTerm', 4 * start, 4 * end);
    this.#file.verifyRange('rowTermWeight', 2 * start, 2 * end);
    return { termIds: this.#rowTerms.subarray(start, end), weights: this.#rowWeights.subarray(start, end) };
  }

  /** Names the columns that do not fit; null when all do. */
  #contradiction(file: ColumnFile): string | null {
    const terms = this.dictionary.length;
    const postings = this.#rows.length;
    if (this.#weights.length !== postings) return 'postRow and postWeight';
    if (!divides(this.#starts, terms, postings)) return 'term, termStart and postRow';
    if (this.#rowTerms.length !== this.#rowWeights.length) return 'rowTerm and rowTermWeight';
    if (!file.has('rowTermStart')) return null;
    return divides(file.u32('rowTermStart'), file.layout.rows, this.#rowTerms.length)
      ? null
      : 'rowTermStart and rowTerm';
  }
}

/** Whether `starts` cuts `end` entries into `parts` parts, in order; a column of no parts may be left out. */
function divides(starts: Uint32Array, parts: number, end: number): boolean {
  if (starts.length === 0) return parts === 0 && end === 0;
  if (starts.length !== parts + 1 || starts[0] !== 0 || starts[parts] !== end) return false;
  for (let at = 0; at < parts; at += 1) if (starts[at]! > starts[at + 1]!) return false;
  return true;
}
