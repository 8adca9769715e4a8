/**
 * The calibration of lists some of which were split: with how many lists, of those that there are now, is found what was found before?
 *
 * A sample is smaller than the collection, so that what it says of one structure is not what a training measured; what it says of two
 * structures can be compared.
 */
import { listCountOf } from '../../vector-index/codebook/structure.js';
import { recallByProbes, type Assigned, type HeldOut, type ProbeRecall } from './held-out.js';

export interface CarriedFrom {
  readonly heldOut: HeldOut;
  /** The same vectors in the lists of before, and in those of now. */
  readonly before: Assigned;
  readonly after: Assigned;
}

/** Lists of now that find as much as `nprobe` of before; no fewer. Where there is nothing to measure with: the same share of all. */
export function carriedProbe(nprobe: number, { heldOut, before, after }: CarriedFrom): number {
  const [lists, next] = [listCountOf(before.structure), listCountOf(after.structure)];
  if (nprobe >= lists) return next;
  if (heldOut.queries.length === 0) return Math.ceil((nprobe * next) / lists);
  const [found] = recallByProbes(heldOut, before, [nprobe]);
  const all = Array.from({ length: next - nprobe + 1 }, (_, at) => nprobe + at);
  const enough = recallByProbes(heldOut, after, all).find(({ recall }) => recall >= found!.recall);
  return enough?.nprobe ?? next;
}

/** `probes`, ascending by nprobe, in lists of now. */
export function carriedProbes(probes: readonly ProbeRecall[], from: CarriedFrom): ProbeRecall[] {
  const carried = new Map<number, number>();
  // Of several that need as many lists the last one has the largest recall.
  for (const { nprobe, recall } of probes) carried.set(carriedProbe(nprobe, from), recall);
  return [...carried].map(([nprobe, recall]) => ({ nprobe, recall })).sort((left, right) => left.nprobe - right.nprobe);
}
