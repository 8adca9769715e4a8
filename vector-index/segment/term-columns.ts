/**
 * The lexical columns of a sealed segment: postings by term with their blocks, and the terms of each row.
 *
 * What is checked here is how columns fit together, so that no look into one passes the end of another. Rows and weights themselves
 * are large and are checked in the background; a search survives whatever they hold.
 */
import { postingBlock } from '../../kernels/postings.js';
import { termPosition } from '../term-position.js';
import type { ColumnFile } from './column-file.js';
import type { PostingBlocks, Postings, RowTerms } from './segment-reader.js';

export class TermColumns {
  /** uint32[terms], ascending. */
  readonly dictionary: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #weights: Uint16Array;
  readonly #blocks: PostingBlocks | null;
  readonly #rowStarts: Uint32Array;
  readonly #rowTerms: Uint32Array;
  readonly #rowWeights: Uint16Array;

  /** Views of `file`. DATA_LOSS when columns contradict each other. */
  constructor(file: ColumnFile) {
    this.dictionary = file.u32('term');
    this.#starts = file.u32('termStart');
    this.#rows = file.u32('postRow');
    this.#weights = file.u16('postWeight');
    // Files of before have no blocks: a search finds them itself.
    this.#blocks = file.has('postBlockRow')
      ? { rows: file.u32('postBlockRow'), maxima: file.u16('postBlockMaximum') }
      : null;
    this.#rowStarts = file.u32('rowTermStart');
    this.#rowTerms = file.u32('rowTerm');
    this.#rowWeights = file.u16('rowTermWeight');
    const wrong = this.#contradiction(file.layout.rows);
    if (wrong !== null) throw file.contradiction(wrong);
  }

  /** Null when no row has the term. */
  postings(termId: number): Postings | null {
    const at = termPosition(this.dictionary, termId);
    if (at < 0) return null;
    const start = this.#starts[at]!;
    return {
      rows: this.#rows,
      weights: this.#weights,
      start,
      end: this.#starts[at + 1]!,
      blocks: this.#blocks,
      block: firstBlock(start, at),
    };
  }

  /** The terms of a row that has some. */
  termsOf(row: number): RowTerms {
    const start = this.#rowStarts[row] ?? 0;
    const end = this.#rowStarts[row + 1] ?? 0;
    return { termIds: this.#rowTerms.subarray(start, end), weights: this.#rowWeights.subarray(start, end) };
  }

  /** Names the columns that do not fit; null when all do. */
  #contradiction(rows: number): string | null {
    const terms = this.dictionary.length;
    const postings = this.#rows.length;
    if (this.#weights.length !== postings) return 'postRow and postWeight';
    if (!divides(this.#starts, terms, postings)) return 'term, termStart and postRow';
    const blocks = blockSlots(postings, terms);
    const hasAllBlocks = this.#blocks?.rows.length === blocks && this.#blocks.maxima.length === blocks;
    if (this.#blocks !== null && !hasAllBlocks) return 'termStart, postBlockRow and postBlockMaximum';
    if (this.#rowTerms.length !== this.#rowWeights.length) return 'rowTerm and rowTermWeight';
    const parts = terms === 0 && this.#rowStarts.length === 0 ? 0 : rows;
    return divides(this.#rowStarts, parts, this.#rowTerms.length) ? null : 'rowTermStart and rowTerm';
  }
}

/**
 * The place of the first block of term number `term`, whose postings begin at `start`: terms before it have no more blocks than that,
 * so places need no column of their own; those between two terms that none needs hold zeros.
 */
export function firstBlock(start: number, term: number): number {
  return Math.floor(start / postingBlock) + term;
}

/** Places for the blocks of `terms` terms with `postings` postings together. */
export function blockSlots(postings: number, terms: number): number {
  return postings === 0 ? 0 : firstBlock(postings, terms);
}

/** Whether `starts` cuts `end` entries into `parts` parts, in order; a column of no parts may be left out. */
function divides(starts: Uint32Array, parts: number, end: number): boolean {
  if (starts.length === 0) return parts === 0 && end === 0;
  if (starts.length !== parts + 1 || starts[0] !== 0 || starts[parts] !== end) return false;
  for (let at = 0; at < parts; at += 1) if (starts[at]! > starts[at + 1]!) return false;
  return true;
}
