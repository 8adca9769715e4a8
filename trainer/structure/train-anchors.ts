/**
 * Where should the estimate of a list be exact? Near the queries that read it: the code has only to bear what lies between the query
 * and the anchor.
 */
import { nearestLists, type Structure } from '../../vector-index/codebook/structure.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

/** A query reads so large a share of the lists, as far queries do; nearer ones read fewer, whose anchors are the same. */
const probedShare = 1 / 16;
/** The list's mean counts as so many queries: few of them move it little. */
const meanWeight = 20;

/**
 * float32[lists, dim]: of each list the mean of the `queries` float32[m, dim] that probe it, drawn towards `means` float32[lists, dim],
 * the list's own; without queries a copy of these.
 */
export function trainAnchors(
  structure: Structure,
  means: Float32Array,
  queries: Float32Array | null,
  signal?: StopSign,
): Float32Array {
  const { dim } = structure;
  const lists = means.length / dim;
  const sums = Float64Array.from(means, (value) => value * meanWeight);
  const weights = new Float64Array(lists).fill(meanWeight);
  const probed = Math.ceil(lists * probedShare);
  for (let from = 0; queries !== null && from < queries.length; from += dim) {
    refuseStopped(signal);
    const query = queries.subarray(from, from + dim);
    for (const list of nearestLists(structure, query, probed)) {
      weights[list]! += 1;
      for (let j = 0; j < dim; j++) sums[list * dim + j]! += query[j]!;
    }
  }
  return Float32Array.from(sums, (sum, i) => sum / weights[Math.floor(i / dim)]!);
}
