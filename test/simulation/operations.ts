/** What clients do: one operation after another, drawn by the weights of the plan. */
import type { Random } from '../../base/random.js';
import { conditionalUpsert } from './conditional-writes.js';
import { drawKind, type Plan } from './plan.js';
import { count, get, scroll } from './reads.js';
import { search, searchBatch, searchLike } from './searches.js';
import type { Session } from './session.js';
import { deleteIds, deleteMatching, importDocuments, setAttributes, upsert, type Seat } from './writes.js';

/** One operation by the client at `seat`. */
export function operate(session: Session, seat: Seat, plan: Plan): Promise<void> {
  const { random } = session;
  const size = (doublings: number): number => drawSize(random, doublings);
  switch (drawKind(random, plan.operationWeights)) {
    case 'upsert':
      return upsert(session, seat, session.drawIds(size(8)));
    case 'import':
      return importDocuments(session, seat, size(9));
    case 'conditional':
      return conditionalUpsert(session, seat, session.drawIds(size(4)));
    case 'delete':
      return deleteIds(session, seat, session.drawIds(size(5)));
    case 'deleteMatching':
      return deleteMatching(session, seat);
    case 'set':
      return setAttributes(session, seat);
    case 'get':
      return get(session, seat);
    case 'count':
      return count(session, seat);
    case 'scroll':
      return scroll(session, seat);
    case 'search':
      return search(session, seat);
    case 'searchBatch':
      return searchBatch(session, seat);
    case 'like':
      return searchLike(session, seat);
  }
}

/** Mostly few, sometimes up to 2^`doublings`: batches cross the bounds of records, single ones meet each other. */
function drawSize(random: Random, doublings: number): number {
  return 1 + random.below(2 ** (1 + random.below(doublings)));
}
