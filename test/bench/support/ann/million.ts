/**
 * A million vectors that keep the structure of real ones: 0.6 of a gloss + 0.4 of one of its 20 nearest + Gaussian
 * noise of norm 0.35, renormalised.
 *
 * The random numbers are those of one seed, so that every machine makes the same vectors. The noise is Gaussian in
 * every value and scaled to its norm.
 */
import { seededRandom, type Random } from '../../../../base/random.js';
import type { FloatRows, RowNumbers } from './npy-file.js';

const own = 0.6;
const other = 0.4;
const noiseNorm = 0.35;
const seed = 23;
const pieceRows = 10_000;

/** Neighbours of every gloss that `mixedRows` wants: the first of them is the gloss itself, or its twin. */
export const neighboursWanted = 21;

/** float32[count, dim] in pieces. `neighbours` = the nearest rows of every row of `base`. */
export function* mixedRows(
  base: FloatRows,
  neighbours: RowNumbers,
  count: number,
  progress: (line: string) => void,
): Generator<Float32Array> {
  const random = seededRandom(seed);
  for (let start = 0; start < count; start += pieceRows) {
    const size = Math.min(pieceRows, count - start);
    const piece = new Float32Array(size * base.dim);
    for (let i = 0; i < size; i++) {
      const gloss = random.below(base.count);
      const mate = neighbours.values[gloss * neighbours.width + 1 + random.below(neighbours.width - 1)]!;
      mix(piece.subarray(i * base.dim, (i + 1) * base.dim), { base, gloss, mate }, random);
    }
    yield piece;
    if ((start + size) % 100_000 === 0) progress(`${start + size} of ${count} vectors made`);
  }
}

function mix(
  row: Float32Array,
  { base, gloss, mate }: { readonly base: FloatRows; readonly gloss: number; readonly mate: number },
  random: Random,
): void {
  const { dim, values } = base;
  for (let j = 0; j < dim; j++) row[j] = random.normal();
  const scale = noiseNorm / lengthOf(row);
  for (let j = 0; j < dim; j++) {
    row[j] = own * values[gloss * dim + j]! + other * values[mate * dim + j]! + scale * row[j]!;
  }
  const length = lengthOf(row);
  for (let j = 0; j < dim; j++) row[j]! /= length;
}

function lengthOf(row: Float32Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}
