/** Sparse search in the plainest way, over the one sealed segment of an index: all scores from one kernel, the best of them from another. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { accumulateSparse, topK } from '../../../../kernels/kernels.js';
import type { QueryTerms } from '../../../../vector-index/document.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { gatherPostings } from '../../../../vector-index/sparse/gather-postings.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

export interface Exhaustive {
  /** docIds of the best k. */
  search(query: QueryTerms, k: number): BigUint64Array;
  close(): void;
}

/** Opens the one segment that lies in `directory`. */
export function openExhaustive(directory: string): Exhaustive {
  const names = readdirSync(directory).filter((name) => name.endsWith('.segment'));
  if (names.length !== 1) throw new Error(`${names.length} segments are in ${directory}; the benchmark compares one`);
  const segment = SealedSegment.open(systemFiles, join(directory, names[0]!));
  return {
    search(query, k) {
      const scores = new Float32Array(segment.rowCount);
      const found = gatherPostings(segment, query);
      if (found === null) return new BigUint64Array(0);
      const { rows, weights, terms, factors } = found;
      const starts = terms.filter((_, at) => at % 2 === 0);
      const ends = terms.filter((_, at) => at % 2 === 1);
      accumulateSparse({ rows, weights, starts, ends, factors }, scores);
      return BigUint64Array.from(topK(scores, null, k, 0).rows, (row) => segment.docIds[row]!);
    },
    close: () => segment.close(),
  };
}
