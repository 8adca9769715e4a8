/** How many inverted lists does a collection get? */
import { listsMax } from '../../vector-index/codebook/structure.js';

const millionLists = 4_096;

/**
 * The power of two nearest to 4,096 · (documents / 1,000,000)^(2/3), from 1 to 65,536: 512 for 50,000, 1,024 for 117,000. Lists grow
 * faster than the root of the documents since a product with a centroid costs no more than the scan of some ten codes, and finer lists
 * lose less where they are cut.
 */
export function listCountFor(documents: number): number {
  if (!(documents > 1)) return 1;
  const lists = millionLists * (documents / 1_000_000) ** (2 / 3);
  return Math.min(Math.max(2 ** Math.round(Math.log2(lists)), 1), listsMax);
}
