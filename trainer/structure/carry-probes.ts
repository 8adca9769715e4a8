/**
 * The calibration of lists some of which were split: with how many lists, of those that there are now, is found what was found before?
 *
 * A sample is smaller than the collection, so that what it says of one structure is not what a training measured; what it says of two
 * structures can be compared.
 */
import { listCountOf } from '../../vector-index/codebook/structure.js';
import { recallCurve, type Assigned, type HeldOut, type ProbeRecall } from './held-out.js';

export interface CarriedFrom {
  readonly heldOut: HeldOut;
  /** The same vectors in the lists of before, and in those of now. */
  readonly before: Assigned;
  readonly after: Assigned;
}

/** What is found with so many lists of before, and of now: each query is asked once of both. */
export class CarriedProbes {
  /** By lists less one; empty where there is nothing to measure with. */
  readonly #before: readonly ProbeRecall[];
  readonly #after: readonly ProbeRecall[];
  readonly #lists: number;
  readonly #next: number;

  /** Blocks the thread. */
  constructor({ heldOut, before, after }: CarriedFrom) {
    this.#lists = listCountOf(before.structure);
    this.#next = listCountOf(after.structure);
    const isKnown = heldOut.queries.length > 0;
    this.#before = isKnown ? recallCurve(heldOut, before) : [];
    this.#after = isKnown ? recallCurve(heldOut, after) : [];
  }

  /** Lists of now that find as much as `nprobe` ≥ 1 of before; no fewer. Where there is nothing to measure with: the same share of all. */
  lists(nprobe: number): number {
    if (nprobe >= this.#lists) return this.#next;
    const found = this.#before[nprobe - 1];
    if (found === undefined) return Math.ceil((nprobe * this.#next) / this.#lists);
    const enough = this.#after.find((now) => now.nprobe >= nprobe && now.recall >= found.recall);
    return enough?.nprobe ?? this.#next;
  }

  /** The recall with `nprobe` ≥ 1 lists of before, and with as many of now as find as much; 1 where there is nothing to find. */
  recalls(nprobe: number): { readonly before: number; readonly after: number } {
    const at = (curve: readonly ProbeRecall[], lists: number): number =>
      curve[Math.min(lists, curve.length) - 1]?.recall ?? 1;
    return { before: at(this.#before, nprobe), after: at(this.#after, this.lists(nprobe)) };
  }

  /** `probes`, ascending by nprobe, in lists of now. */
  probes(probes: readonly ProbeRecall[]): ProbeRecall[] {
    const carried = new Map<number, number>();
    // Of several that need as many lists the last one has the largest recall.
    for (const { nprobe, recall } of probes) carried.set(this.lists(nprobe), recall);
    return [...carried]
      .map(([nprobe, recall]) => ({ nprobe, recall }))
      .sort((left, right) => left.nprobe - right.nprobe);
  }
}
