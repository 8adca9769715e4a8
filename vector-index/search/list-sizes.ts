/** How many vectors lie in each list: what says which lists have grown too long. */
import { hasBit } from '../bitmap.js';
import { SealedLists } from '../lists/sealed-lists.js';
import type { PinnedSegment } from '../segment/segment-state.js';
import type { PinnedIndex } from './pinned-index.js';
import { both } from './selection.js';

/** Rows looked at between two pauses. */
const rowsPerTurn = 65_536;

/**
 * uint32[lists]: the living vectors of each list, as of the pin; null where there are no lists, or rows lie still in those of an older
 * structure. `pause` lets others go first.
 */
export async function listSizes(index: PinnedIndex, pause: () => Promise<void>): Promise<Uint32Array | null> {
  const { coder } = index;
  if (coder === null) return null;
  const filled = index.segments.filter(({ rowCount }) => rowCount > 0);
  if (!filled.every(({ reader }) => index.searchers.isCurrent(coder, reader))) return null;
  const sizes = new Uint32Array(coder.listCount);
  for (const segment of filled) {
    await pause();
    await addSizes(segment, sizes, pause);
  }
  return sizes;
}

async function addSizes(
  { reader, rowCount, live }: PinnedSegment,
  sizes: Uint32Array,
  pause: () => Promise<void>,
): Promise<void> {
  const { coding, densePresent } = reader;
  const counted = both(live, densePresent, rowCount);
  if (counted === null && coding instanceof SealedLists) {
    coding.numbers.forEach((list, at) => (sizes[list]! += coding.counts[at]!));
    return;
  }
  const { lists } = reader;
  for (let row = 0; row < rowCount; row += 1) {
    if (row % rowsPerTurn === rowsPerTurn - 1) await pause();
    if (counted === null || hasBit(counted, row)) sizes[lists[row]!]! += 1;
  }
}
