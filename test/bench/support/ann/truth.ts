/**
 * The exact nearest rows: a scan of half-precision rows for more candidates than are wanted, then their inner products
 * in double precision.
 *
 * Rounding to halves moves a score of unit vectors of a few hundred dimensions by about 1e-5 and at most 5e-4; the
 * spare candidates cover what it moves, and a query whose last candidate lies too near to the last answer is scanned
 * again for more.
 */
import { scanDense, toFloat16 } from '../../../../kernels/kernels.js';
import type { FloatRows, RowNumbers } from './npy-file.js';

const spare = 32;
/** A score that is this much lower stays lower: ten times what rounding is seen to move. */
const margin = 1e-4;
const queriesBetweenLines = 1_000;
/** Each runs on a thread of its own. */
const scansAtOnce = 2;

/** int32[queries, min(k, rows)]: rows by falling inner product, ties by smaller row. */
export async function exactNeighbours(
  base: FloatRows,
  queries: FloatRows,
  k: number,
  progress: (line: string) => void,
): Promise<RowNumbers> {
  const rows = toFloat16(base.values);
  const width = Math.min(k, base.count);
  const values = new Int32Array(queries.count * width);
  const numbers = Array.from({ length: queries.count }, (_, number) => number).values();
  const work = async (): Promise<void> => {
    for (const number of numbers) {
      const query = queries.values.subarray(number * base.dim, (number + 1) * base.dim);
      values.set(await neighboursOf({ base, rows, query }, width), number * width);
      if ((number + 1) % queriesBetweenLines === 0)
        progress(`exact answers of ${number + 1} of ${queries.count} queries`);
    }
  };
  await Promise.all(Array.from({ length: scansAtOnce }, work));
  return { count: queries.count, width, values };
}

interface Asked {
  readonly base: FloatRows;
  /** Half bits of the base. */
  readonly rows: Uint16Array;
  readonly query: Float32Array;
}

async function neighboursOf({ base, rows, query }: Asked, width: number): Promise<Uint32Array> {
  for (let count = width + spare; ; count *= 4) {
    const { rows: found, scores } = await scanDense({ rows, dim: base.dim, query, live: null, k: count });
    const exact = new Map(Array.from(found, (row) => [row, product(query, base, row)]));
    const best = [...found].sort((a, b) => exact.get(b)! - exact.get(a)! || a - b).slice(0, width);
    const isSafe = found.length === base.count || scores.at(-1)! + margin < exact.get(best.at(-1)!)!;
    if (isSafe || count > 64 * width) return Uint32Array.from(best);
  }
}

function product(query: Float32Array, { values, dim }: FloatRows, row: number): number {
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += query[j]! * values[row * dim + j]!;
  return sum;
}
