/**
 * Lloyd's iterations that look for a point's centroid only among those near its last one: a point that leaves its cluster goes to one
 * beside it (closures of clusters, Wang et al., CVPR 2012). That costs a share of the products, and the objective still never gets
 * worse, since the last centroid is among them.
 */
import { scoreDense, toFloat16, topK } from '../kernels/kernels.js';
import { addRows, centroidPanels } from '../kernels/training.js';
import { assignPoints, roomForBest, type PointRows } from './assign-points.js';
import type { Clusters } from './repair-clusters.js';
import { gatherRows } from './rows.js';
import { refuseStopped, type StopSign } from './stop-sign.js';

/** Centroids that are looked at for a point. With 64 of a thousand the objective ends a thousandth worse. */
export const nearCount = 128;

/** uint32[clusters, nearCount]: for each of `centroids` float32[clusters, dim] those nearest to it, its own among them. */
export function nearestCentroids(centroids: Float32Array, dim: number, signal?: StopSign): Uint32Array {
  const count = centroids.length / dim;
  const halves = toFloat16(centroids);
  const numbers = Uint32Array.from({ length: count }, (_, c) => c);
  const near = new Uint32Array(count * nearCount);
  for (let c = 0; c < count; c++) {
    refuseStopped(signal);
    const scores = scoreDense(halves, dim, centroids.subarray(c * dim, (c + 1) * dim), numbers);
    scores[c] = Infinity;
    near.set(topK(scores, null, nearCount, -Infinity).rows, c * nearCount);
  }
  return near;
}

/** Where the rows of `last` go under new `centroids`, each to one of those `near` its last one. */
export function nearClustersOf(
  last: Clusters,
  centroids: Float32Array,
  { near, signal }: { readonly near: Uint32Array; readonly signal?: StopSign | undefined },
): Clusters {
  const { rows, counts } = last;
  const { dim } = rows;
  const next = {
    rows,
    ...roomForBest(rows.count),
    sums: new Float64Array(centroids.length),
    counts: new Uint32Array(counts.length),
  };
  const members = membersOf(last);
  for (let cluster = 0, first = 0; cluster < counts.length; first += counts[cluster]!, cluster++) {
    if (counts[cluster] === 0) continue;
    const places = members.subarray(first, first + counts[cluster]!);
    const candidates = near.slice(cluster * nearCount, (cluster + 1) * nearCount).sort();
    assignMembers(places, gatherRows(centroids, dim, candidates), { next, candidates, signal });
  }
  return next;
}

/** uint32[rows]: places in the rows' order, cluster by cluster. */
function membersOf({ assignments, counts }: Clusters): Uint32Array {
  const ends = new Uint32Array(counts.length);
  let sum = 0;
  counts.forEach((count, cluster) => {
    ends[cluster] = sum;
    sum += count;
  });
  const members = new Uint32Array(assignments.length);
  assignments.forEach((cluster, place) => (members[ends[cluster]!++] = place));
  return members;
}

function assignMembers(
  places: Uint32Array,
  centroids: Float32Array,
  of: { readonly next: Clusters; readonly candidates: Uint32Array; readonly signal?: StopSign | undefined },
): void {
  const { next, candidates, signal } = of;
  const { points, dim, order } = next.rows;
  const rows: PointRows = {
    ...{ points, dim, count: places.length },
    order: order === null ? places : places.map((place) => order[place]!),
  };
  const best = roomForBest(places.length);
  const onPiece = (piece: Float32Array, first: number): void => {
    const found = best.assignments.subarray(first, first + piece.length / dim);
    for (let i = 0; i < found.length; i++) {
      found[i] = candidates[found[i]!]!;
      next.assignments[places[first + i]!] = found[i]!;
      next.scores[places[first + i]!] = best.scores[first + i]!;
    }
    addRows(piece, dim, found, next);
  };
  assignPoints(rows, centroidPanels(centroids, null, dim), best, { signal, onPiece });
}
