/**
 * The maps of a multi-vector head in closed form: the best estimate, of a rank, of products of query rows with what document rows have
 * beyond their mean (reduced-rank regression: Izenman 1975).
 *
 * With S the second moments of query rows q and C those of centred document rows r, both taken as independent,
 *
 *   E (q · r − (q · Q) · (r · D))² = |S^½ (1 − Q Dᵀ) C^½|²
 *
 * is least where Q spans the leading invariant subspace of C · S and D = S · Q · (Qᵀ · S · Q)⁻¹. No query is compared with any document.
 */
import { assert } from '../../base/assert.js';
import type { Random } from '../../base/random.js';
import { orthonormalize, turnedBy } from '../structure/leading-axes.js';
import type { MultiHead } from './multi-head.js';
import { eigen } from './principal-axes.js';

/** float64[inputDim, inputDim] each, symmetric. */
export interface RowMoments {
  /** Of query rows, as they are. */
  readonly queries: Float64Array;
  /** Of document rows less the mean of their document. */
  readonly documents: Float64Array;
}

const iterations = 24;
/** Of queries' mean moment, added to each direction: other queries may look where those at hand do not. */
const ridge = 1;

/** The head of `dim` dimensions, 1 to inputDim. */
export function fitMulti(
  { queries, documents }: RowMoments,
  { inputDim, dim, random }: { readonly inputDim: number; readonly dim: number; readonly random: Random },
): MultiHead {
  assert(dim >= 1 && dim <= inputDim, 'the head has 1 to inputDim dimensions');
  assert(
    queries.length === inputDim ** 2 && documents.length === inputDim ** 2,
    'moments are those of rows of inputDim',
  );
  const asked = withRidge(queries, inputDim);
  const axes = Float64Array.from({ length: dim * inputDim }, () => random.normal());
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (let i = 0; i < dim; i++) {
      const axis = axes.subarray(i * inputDim, (i + 1) * inputDim);
      axis.set(turnedBy(documents, turnedBy(asked, axis)));
    }
    for (let i = 0; i < dim; i++) orthonormalize(axes, inputDim, i);
  }
  return headOf(axes, asked, inputDim);
}

function withRidge(moments: Float64Array, n: number): Float64Array {
  const sum = moments.slice();
  let trace = 0;
  for (let i = 0; i < n; i++) trace += moments[i * n + i]!;
  for (let i = 0; i < n; i++) sum[i * n + i]! += (ridge * trace) / n;
  return sum;
}

/** Turns the orthonormal `axes` float64[dim, inputDim] until Qᵀ · S · Q is diagonal, which makes its inverse plain. */
function headOf(axes: Float64Array, asked: Float64Array, inputDim: number): MultiHead {
  const dim = axes.length / inputDim;
  const images = Array.from({ length: dim }, (_, i) =>
    turnedBy(asked, axes.subarray(i * inputDim, (i + 1) * inputDim)),
  );
  const inner = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < dim; k++) {
      for (let j = 0; j < inputDim; j++) inner[i * dim + k]! += axes[i * inputDim + j]! * images[k]![j]!;
    }
  }
  const turn = eigen(inner, dim);
  const queries = new Float32Array(inputDim * dim);
  const documents = new Float32Array(inputDim * dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j < inputDim; j++) {
      let [axis, image] = [0, 0];
      for (let k = 0; k < dim; k++) {
        axis += turn.axes[i * dim + k]! * axes[k * inputDim + j]!;
        image += turn.axes[i * dim + k]! * images[k]![j]!;
      }
      queries[j * dim + i] = axis;
      documents[j * dim + i] = image / turn.values[i]!;
    }
  }
  return { inputDim, dim, documents, queries };
}
