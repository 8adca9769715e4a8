/** Random coded documents for the tests of MaxSim: tables, a query, and a column of token records. */
import { type Random } from '../../../base/random.js';
import { prepareQuery, type MaxSimQuery } from '../../../kernels/max-sim/query.js';
import { portableKernels } from '../../../kernels/portable.js';
import { normals } from '../pair.js';

export interface Shape {
  readonly dim: number;
  readonly nbits: number;
  readonly centroids: number;
  readonly queryTokens: number;
  readonly counts: readonly number[];
}

export interface CodedCollection {
  readonly query: MaxSimQuery;
  /** The query made ready again. */
  readonly fresh: () => MaxSimQuery;
  readonly column: Uint8Array;
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
}

/** Weights are the middles of the quantiles of a residual of the usual size, inverse norms near 1, records at odd addresses. */
export function codedCollection(random: Random, shape: Shape): CodedCollection {
  const { dim, nbits, counts } = shape;
  const centroids = normals(random, shape.centroids * dim, dim);
  const spread = normals(random, 4096).sort();
  const buckets = 1 << nbits;
  const weights = Float32Array.from({ length: buckets }, (_, b) => {
    return (0.6 / Math.sqrt(dim)) * spread[Math.floor(((b + 0.5) / buckets) * 4096)]!;
  });
  const rows = normals(random, shape.queryTokens * dim, dim);
  const tables = { centroids, weights, nbits, dim };
  const query = prepareQuery(tables, rows);
  const tokenBytes = 4 + (dim * nbits) / 8;
  const starts = counts.map((_, d) => 1 + counts.slice(0, d).reduce((sum, count) => sum + count * tokenBytes, 0));
  const column = Uint8Array.from({ length: 1 + counts.reduce((sum, n) => sum + n * tokenBytes, 0) }, () =>
    random.below(256),
  );
  counts.forEach((count, d) => writeHeads(random, column.subarray(starts[d]), { count, centroids: shape.centroids }));
  const offsets = BigUint64Array.from(starts, BigInt);
  return { query, fresh: () => prepareQuery(tables, rows), column, offsets, counts: Uint32Array.from(counts) };
}

/** `of` with the scores of all centroids there, the same for every set: what is left to compute has the same bits everywhere. */
export function withCentroidScores(of: CodedCollection): CodedCollection {
  const { centroids, centroidScores, centroidStates, dim, rows, tokens, tiles, offset, unit } = of.query;
  for (let centroid = 0; centroid < centroidStates.length; centroid++) {
    for (let lane = 0; lane < tokens; lane++) {
      let sum = offset[lane]!;
      for (let j = 0; j < dim; j++) {
        sum += centroids[centroid * dim + j]! * rows[(lane >> 4) * dim * 16 + j * 16 + (lane & 15)]!;
      }
      centroidScores[centroid * tiles * 16 + lane] = sum * unit[lane]!;
    }
  }
  centroidStates.fill(2);
  return of;
}

function writeHeads(
  random: Random,
  record: Uint8Array,
  { count, centroids }: { count: number; centroids: number },
): void {
  const view = new DataView(record.buffer, record.byteOffset);
  const norm = new Uint16Array(1);
  for (let t = 0; t < count; t++) {
    view.setUint16(2 * t, random.below(centroids), true);
    portableKernels.toFloat16(Float32Array.of(0.7 + 0.4 * random.unit()), norm);
    view.setUint16(2 * (count + t), norm[0]!, true);
  }
}
