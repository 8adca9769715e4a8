/** The postings of a query's terms in one segment, as the search over postings takes them. */
import type { PostingsQuery } from '../../kernels/postings.js';
import type { QueryTerms } from '../document.js';
import type { Postings, SegmentReader } from '../segment/segment-reader.js';

export type GatheredPostings = Pick<PostingsQuery, 'rows' | 'weights' | 'terms' | 'factors'>;

interface Found {
  readonly postings: Postings;
  readonly factor: number;
}

/** The postings of all terms that occur, in the query's order; null where none does. Views of the segment, or copies in memory. */
export function gatherPostings(
  reader: Pick<SegmentReader, 'postings'>,
  { termIds, factors }: QueryTerms,
): GatheredPostings | null {
  const found: Found[] = [];
  for (let term = 0; term < termIds.length; term += 1) {
    const postings = reader.postings(termIds[term]!);
    if (postings !== null && postings.end > postings.start) found.push({ postings, factor: factors[term]! });
  }
  const first = found[0]?.postings;
  if (first === undefined) return null;
  return found.every(({ postings }) => postings.rows === first.rows) ? oneColumn(found, first) : copied(found);
}

/** A sealed segment has all postings in one column. */
function oneColumn(found: readonly Found[], { rows, weights }: Postings): GatheredPostings {
  return {
    rows,
    weights,
    terms: Uint32Array.from(found.flatMap(({ postings }) => [postings.start, postings.end])),
    factors: Float32Array.from(found, ({ factor }) => factor),
  };
}

/** A growing one has columns for every term, and they are short. */
function copied(found: readonly Found[]): GatheredPostings {
  const total = found.reduce((sum, { postings }) => sum + postings.end - postings.start, 0);
  const rows = new Uint32Array(total);
  const weights = new Uint16Array(total);
  const terms: number[] = [];
  let at = 0;
  for (const { postings } of found) {
    const { start, end } = postings;
    rows.set(postings.rows.subarray(start, end), at);
    weights.set(postings.weights.subarray(start, end), at);
    terms.push(at, at + end - start);
    at += end - start;
  }
  const factors = Float32Array.from(found, ({ factor }) => factor);
  return { rows, weights, terms: Uint32Array.from(terms), factors };
}
