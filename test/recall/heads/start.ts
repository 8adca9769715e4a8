/** Where the multi-vector head begins: principal axes of token rows of training documents, kept, for Jacobi's method is slow. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import type { RowMap } from '../../../trainer/heads/multi-head.js';
import { principalAxes, type PrincipalAxes } from '../../../trainer/heads/principal-axes.js';
import { projectionStart } from '../../../trainer/heads/projection-start.js';
import { rowDim, type EncodedSet } from './encoded.js';

/** Rows of each set. */
const sampledRows = 20_000;
const seed = 3;
/** Each axis is divided by the root of its singular value. */
const scaling = 0.25;

const fileName = 'axes.json';

/** Principal axes of rows of `sets`, as many of each, into the cache. */
export async function writeAxes(cache: string, sets: readonly EncodedSet[]): Promise<void> {
  const random = seededRandom(seed);
  const sample = new Uint16Array(sets.length * sampledRows * rowDim);
  for (let i = 0; i < sets.length * sampledRows; i++) {
    const { rows } = sets[i % sets.length]!;
    const from = random.below(rows.length / rowDim) * rowDim;
    sample.set(rows.subarray(from, from + rowDim), i * rowDim);
  }
  await writeFile(join(cache, fileName), JSON.stringify(toPlain(principalAxes(toFloat32(sample), rowDim))));
}

/** The start of `dim` dimensions from the axes in the cache; null where there are none. */
export async function readStart(cache: string, dim: number): Promise<RowMap | null> {
  const path = join(cache, fileName);
  if (!existsSync(path)) return null;
  const { mean, variances, axes } = JSON.parse(await readFile(path, 'utf8')) as Record<keyof PrincipalAxes, number[]>;
  const own = { mean: Float64Array.from(mean), variances: Float64Array.from(variances), axes: Float64Array.from(axes) };
  return projectionStart(own, dim, scaling);
}

function toPlain({ mean, variances, axes }: PrincipalAxes): Record<keyof PrincipalAxes, number[]> {
  return { mean: [...mean], variances: [...variances], axes: [...axes] };
}
