/** An index some of whose lists were split, with segments of before and after. */
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import { IndexState } from '../../../../vector-index/index-state.js';
import { applyChange } from '../../../../vector-index/apply-change.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import type { MovedRows } from '../../../../vector-index/lists/moved-rows.js';
import { PinnedIndex } from '../../../../vector-index/search/pinned-index.js';
import { toyDocuments, toyStructure } from '../lists/fixtures.js';
import { splitToy } from '../lists/split-structures.js';

export const dim = 8;
export const first = toyStructure({ dim, lists: 5, version: 1 });
/** Lists 1 and 3 have become 1 and 5, 3 and 6. */
export const second = splitToy(first, 2, [1, 3]);
export const documents = toyDocuments(seededRandom(3), first, 200);

export interface SplitIndex {
  readonly index: PinnedIndex;
  readonly coder: ListCoder;
  readonly moved: MovedRows;
}

/** In memory: half of the documents under the first structure, the others under the second. The caller releases the pin. */
export async function splitIndex(): Promise<SplitIndex> {
  const state = new IndexState({ dim, tokenDim: 8 }, new ListCoder(first));
  applyChange(state, 0, { documents: documents.slice(0, 100) });
  state.freeze();
  const coder = new ListCoder(second);
  state.recode(coder);
  applyChange(state, 0, { documents: documents.slice(100) });
  const index = new PinnedIndex(state.states, coder, state.searchers);
  const moved = state.searchers.movedRows(coder);
  for (const { reader } of index.segments)
    if (moved.isOlder(reader)) await moved.find(reader, () => systemClock.pause());
  return { index, coder, moved };
}
