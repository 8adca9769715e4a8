/**
 * Lists that were split without a training: what each of a trained structure became, and where a vector lies since.
 *
 * A vector belongs to a list of the trained structure, for ever, and among the parts of that list to the one whose centroid is nearest.
 * So its list is a function of the vector and the structure: replicas that took part in every split, and those that heard of the last one
 * only, agree. Parts are coded against base and anchor of the list that they are parts of, so that no code changes when a list splits.
 */
import { assert } from '../../base/assert.js';
import { assignNearest, assignNearestAsync } from '../../kernels/kernels.js';

/** Products of two numbers that the calling thread computes itself, about half a millisecond; more go to another one. */
export const productsInline = 1_000_000;

/** An earlier structure, which this one came from. */
export interface EarlierStructure {
  readonly version: number;
  /** Lists that it had: their numbers are those of the first ones of today. */
  readonly lists: number;
}

/** How a structure came from a trained one by splits of lists alone: what was coded then is coded alike now. */
export interface Descent {
  /** The trained structure and what every split but the last one made of it, ascending; each has more lists than the one before. */
  readonly earlier: readonly EarlierStructure[];
  /** float32[earlier[0].lists, dim]: the centroids of the trained structure. */
  readonly trained: Float32Array;
  /** uint32[lists]: the list of the trained structure which each is a part of; of the first ones their own number. */
  readonly lists: Uint32Array;
}

export interface SplitStructure {
  readonly dim: number;
  /** float32[lists, dim] */
  readonly centroids: Float32Array;
  readonly descent: Descent;
}

export class SplitLists {
  readonly #dim: number;
  readonly #centroids: Float32Array;
  readonly #descent: Descent;
  /** By list of the trained structure, where it has several parts: these, ascending. */
  readonly #parts = new Map<number, Uint32Array>();

  constructor({ dim, centroids, descent }: SplitStructure) {
    this.#dim = dim;
    this.#centroids = centroids;
    this.#descent = descent;
    const { lists, trained } = descent;
    const trainedLists = trained.length / dim;
    assert(centroids.length === lists.length * dim, 'every list is a part of a trained one');
    const parts = new Map<number, number[]>();
    for (let list = trainedLists; list < lists.length; list += 1) {
      const own = parts.get(lists[list]!);
      if (own === undefined) parts.set(lists[list]!, [lists[list]!, list]);
      else own.push(list);
    }
    for (const [list, own] of parts) this.#parts.set(list, Uint32Array.from(own));
  }

  /** Whether these are the lists of `structure`. */
  isOf({ dim, centroids, descent }: SplitStructure): boolean {
    return dim === this.#dim && centroids === this.#centroids && descent === this.#descent;
  }

  /** Lists that structure `version` had; null where this one did not come from it by splits. */
  listsAt(version: number): number | null {
    return this.#descent.earlier.find((each) => each.version === version)?.lists ?? null;
  }

  /** uint32, ascending: all parts of the trained list that `list` is a part of. */
  partsOf(list: number): Uint32Array {
    return this.#parts.get(this.#descent.lists[list]!) ?? Uint32Array.of(list);
  }

  /** Whether any part of the trained list that `list` is a part of was split since there were `lists` lists. */
  isSplitSince(list: number, lists: number): boolean {
    const parts = this.#parts.get(this.#descent.lists[list]!);
    return parts !== undefined && parts.at(-1)! >= lists;
  }

  /**
   * Of the lists that there were when there were `lists`, the one that `list` was a part of: its own number where it was there, else of the
   * parts of its trained list the one whose centroid is nearest. Which of them was divided is not kept, and says no more: vectors go to
   * the nearest part of their trained list whenever any of these is split, so that most of those in `list` come from around it.
   */
  wasPartOf(list: number, lists: number): number {
    if (list < lists) return list;
    const before = this.partsOf(list).filter((part) => part < lists);
    const own = rowsOf(this.#centroids, [list], this.#dim);
    const { assignments } = assignNearest(own, rowsOf(this.#centroids, before, this.#dim), this.#dim);
    return before[assignments[0]!]!;
  }

  /** uint32[n]: the list of each of `points` float32[n, dim], by the reference kernel: the same on every machine. */
  assign(points: Float32Array): Uint32Array {
    return this.assignAgain(points, assignNearest(points, this.#descent.trained, this.#dim).assignments);
  }

  /** As `assign`, with what takes long off the event loop. */
  async assignAsync(points: Float32Array): Promise<Uint32Array> {
    const { assignments: lists } = await assignNearestAsync(points, this.#descent.trained, this.#dim);
    const found = Uint32Array.from(lists);
    for (const group of this.#groups(points, lists)) {
      const { own, centroids } = group;
      const isSmall = own.length * (centroids.length / this.#dim) <= productsInline;
      const nearest = isSmall
        ? assignNearest(own, centroids, this.#dim)
        : await assignNearestAsync(own, centroids, this.#dim);
      place(group, nearest.assignments, found);
    }
    return found;
  }

  /**
   * uint32[n]: the lists of `points` float32[n, dim], of which uint32[n] `lists` are known to be parts of the same trained list: its own or
   * any other one. Ties go to the smaller list.
   */
  assignAgain(points: Float32Array, lists: Uint32Array): Uint32Array {
    const found = Uint32Array.from(lists);
    for (const group of this.#groups(points, lists))
      place(group, assignNearest(group.own, group.centroids, this.#dim).assignments, found);
    return found;
  }

  /** The points in parts of trained lists, by trained list. */
  *#groups(points: Float32Array, lists: Uint32Array): Generator<PartsGroup> {
    const byTrained = new Map<number, number[]>();
    lists.forEach((list, at) => {
      const trained = this.#descent.lists[list]!;
      if (!this.#parts.has(trained)) return;
      const own = byTrained.get(trained);
      if (own === undefined) byTrained.set(trained, [at]);
      else own.push(at);
    });
    for (const [trained, positions] of byTrained) {
      const parts = this.#parts.get(trained)!;
      const own = rowsOf(points, positions, this.#dim);
      yield { positions, parts, own, centroids: rowsOf(this.#centroids, parts, this.#dim) };
    }
  }
}

/** Points in the parts of one trained list. */
interface PartsGroup {
  readonly positions: readonly number[];
  /** uint32: the parts, ascending. */
  readonly parts: Uint32Array;
  /** float32[positions, dim] and float32[parts, dim] */
  readonly own: Float32Array;
  readonly centroids: Float32Array;
}

/** Puts into `found`, by position, the parts whose numbers among those of the group are `nearest` uint32[positions]. */
function place({ positions, parts }: PartsGroup, nearest: Uint32Array, found: Uint32Array): void {
  positions.forEach((at, i) => (found[at] = parts[nearest[i]!]!));
}

/** float32[rows, dim]: a copy of some of `all` float32[n, dim]. */
export function rowsOf(all: Float32Array, rows: ArrayLike<number>, dim: number): Float32Array {
  const own = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i += 1) own.set(all.subarray(rows[i]! * dim, (rows[i]! + 1) * dim), i * dim);
  return own;
}
