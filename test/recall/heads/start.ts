/** Where the multi-vector head begins: principal axes of token rows of training documents, kept, for Jacobi's method is slow. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import type { RowMap } from '../../../trainer/heads/multi-head.js';
import { principalAxes, type PrincipalAxes } from '../../../trainer/heads/principal-axes.js';
import { projectionStart } from '../../../trainer/heads/projection-start.js';
import { readSet, rowDim } from './encoded.js';

const sampledRows = 20_000;
const seed = 3;
/** Each axis is divided by the root of its singular value. */
const scaling = 0.25;

/** The start of `dim` dimensions: scaled principal axes of rows of SciFact's documents. */
export async function readStart(cache: string, dim: number): Promise<RowMap> {
  const path = join(cache, 'axes.json');
  if (!existsSync(path)) await writeFile(path, JSON.stringify(toPlain(await axesOf(cache))));
  const { mean, variances, axes } = JSON.parse(await readFile(path, 'utf8')) as Record<keyof PrincipalAxes, number[]>;
  const own = { mean: Float64Array.from(mean), variances: Float64Array.from(variances), axes: Float64Array.from(axes) };
  return projectionStart(own, dim, scaling);
}

async function axesOf(cache: string): Promise<PrincipalAxes> {
  const { rows } = await readSet(cache, 'scifact.documents');
  const random = seededRandom(seed);
  const sample = new Uint16Array(sampledRows * rowDim);
  for (let i = 0; i < sampledRows; i++) {
    const from = random.below(rows.length / rowDim) * rowDim;
    sample.set(rows.subarray(from, from + rowDim), i * rowDim);
  }
  return principalAxes(toFloat32(sample), rowDim);
}

function toPlain({ mean, variances, axes }: PrincipalAxes): Record<keyof PrincipalAxes, number[]> {
  return { mean: [...mean], variances: [...variances], axes: [...axes] };
}
