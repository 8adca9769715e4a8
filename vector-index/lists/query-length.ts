/**
 * At which length is a query compared with codes? Inner products order vectors alike whatever it is, estimates from codes do not.
 *
 * An estimate is exact at the anchor a of its list and errs by ⟨q − a, what the code leaves⟩ (kernels/adc-scan/adc-scan.h): for a query that
 * is much shorter than the anchors that is their length, not its own, and what is left to tell vectors apart drowns in it. So queries are
 * compared at about the length of the anchors. (Unit vectors of 64 dimensions, a query a hundredth as long, every list read: recall@10 was
 * .08, and is 1 so.)
 */
import type { ListCodebook } from '../codebook/list-codebook.js';

/**
 * Times the anchors' length. At x times it, and at an angle t to the anchor, the error relative to the query is √(1 + 1/x² − 2 cos(t)/x), least
 * at x = 1 / cos(t): for most queries between 1 and 2.
 */
const beyondAnchors = 1.25;

/** Anchors float32[lists, dim] of a codebook. */
type Anchored = Pick<ListCodebook, 'anchors' | 'dim'>;

/** By the table of anchors. */
const lengths = new WeakMap<Float32Array, number>();

/** `query` float32[dim] a quarter longer than the anchors of `codebook` are, root mean square; as it is where it, or they, are zero. */
export function atAnchorLength(query: Float32Array, codebook: Anchored): Float32Array {
  const scale = (beyondAnchors * anchorLength(codebook)) / Math.sqrt(squares(query));
  return Number.isFinite(scale) && scale > 0 ? query.map((value) => value * scale) : query;
}

/** The same for every query of a codebook, whichever lists it reads: so replicas agree. */
function anchorLength(codebook: Anchored): number {
  const known = lengths.get(codebook.anchors);
  if (known !== undefined) return known;
  const { anchors, dim } = codebook;
  const length = Math.sqrt((squares(anchors) * dim) / anchors.length);
  lengths.set(anchors, length);
  return length;
}

function squares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
