/** Whether lists of a collection have grown so long that they are to be split: decided by sizes, and by what came of it the last time. */
import type { ListSizes } from '../../proto/generated/shoal/v1/shard.js';
import { listLimit, type SplitLimits } from '../../vector-index/lists/list-limit.js';

/** After a split that came to nothing, so many times the vectors make another list. */
const retryGrowth = 1.5;

export class LongLists {
  readonly #limits: SplitLimits;
  /** uid → the sizes with which nothing could be split. */
  readonly #failed = new Map<string, ListSizes>();

  constructor(limits: SplitLimits) {
    this.#limits = limits;
  }

  /** Whether a list is too long, and it is not as it was when it could not be split. */
  isSplitDue(uid: string, sizes: ListSizes): boolean {
    if (sizes.lists === 0) return false;
    const [vectors, longest] = [Number(sizes.vectors), Number(sizes.longest)];
    if (longest <= listLimit({ vectors, lists: sizes.lists }, this.#limits)) return false;
    const failed = this.#failed.get(uid);
    if (failed === undefined) return true;
    return longest >= retryGrowth * Number(failed.longest) || vectors >= retryGrowth * Number(failed.vectors);
  }

  /** Nothing of such lists could be split. */
  fail(uid: string, sizes: ListSizes): void {
    this.#failed.set(uid, sizes);
  }

  /** The lists are others now. */
  forget(uid: string): void {
    this.#failed.delete(uid);
  }

  /** Forgets all collections but `known` ones. */
  keep(known: { has(uid: string): boolean }): void {
    for (const uid of this.#failed.keys()) if (!known.has(uid)) this.#failed.delete(uid);
  }
}
