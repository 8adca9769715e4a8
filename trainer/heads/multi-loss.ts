/**
 * How far a multi-vector head's order of a query's candidates is from a teacher's (ListNet: Cao et al. 2007; as a distillation in M3,
 * arXiv 2402.03216, section 3.3), and in which direction each parameter makes it worse.
 *
 *   score(d) = sum over tokens i of the query of ŵ_i · max over rows j of d of ⟨û_i, v̂_j⟩,   ŵ = w / sum of w
 *   loss     = − sum over d of softmax(teacher / τ_t)(d) · log softmax(score / τ)(d)
 */
import { assert } from '../../base/assert.js';
import { bestProducts, centroidPanels } from '../../kernels/training.js';
import { mapRows, type MappedRows, type MultiHead, type RowMap } from './multi-head.js';
import type { Products } from './products.js';
import { rowWeights, rowWeightsGradient } from './row-weights.js';

/** A query and documents that compete for it; all rows of unit length. */
export interface MultiExample {
  /** float32[tokens, inputDim] */
  readonly query: Float32Array;
  /** float32[rows, inputDim]: those of all documents, one behind the other. */
  readonly documents: Float32Array;
  /** Rows of each document, at least one. */
  readonly counts: readonly number[];
  /** float64[documents]: shares of the teacher, which sum to 1. */
  readonly shares: Float64Array;
}

/** As long as the parts of the head. */
export interface MultiGradient {
  readonly documents: RowMap;
  readonly queries: RowMap;
  readonly importance: Float32Array;
}

export interface MultiLoss {
  readonly loss: number;
  /** The head's score of each document. */
  readonly scores: readonly number[];
  readonly gradient: MultiGradient;
}

/** Loss of one example and its gradient. `temperature` is τ. */
export async function multiLoss(
  head: MultiHead,
  example: MultiExample,
  temperature: number,
  products: Products,
): Promise<MultiLoss> {
  const query = await mapRows(example.query, head.queries, products);
  const documents = await mapRows(example.documents, head.documents, products);
  const weights = rowWeights(example.query, head.importance);
  const matches = bestMatches(query.units, documents.units, example.counts, head.dim);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight) => weight / sum);
  const scores = example.counts.map((_, d) =>
    shares.reduce((total, share, i) => total + share * matches.scores[d]![i]!, 0),
  );
  const { loss, slopes } = listLoss(scores, example.shares, temperature);

  const flow = flowBack({ query, documents, matches, shares, slopes, dim: head.dim });
  return {
    loss,
    scores,
    gradient: {
      queries: await mapGradient(example.query, query, flow.query, products),
      documents: await mapGradient(...keptRows(example.documents, documents, flow.documents, matches.used), products),
      importance: rowWeightsGradient(example.query, weights, throughShares(flow.shares, shares, sum)),
    },
  };
}

/** Cross entropy of `shares` with softmax(scores / temperature), and its derivatives by the scores. */
export function listLoss(
  scores: readonly number[],
  shares: Float64Array,
  temperature: number,
): { readonly loss: number; readonly slopes: Float64Array } {
  assert(scores.length === shares.length && scores.length > 0, 'there is a share for every document');
  const own = softmax(scores, temperature);
  let loss = 0;
  const slopes = new Float64Array(scores.length);
  shares.forEach((share, d) => {
    loss -= share * own.logs[d]!;
    slopes[d] = (Math.exp(own.logs[d]!) - share) / temperature;
  });
  return { loss, slopes };
}

/** softmax(values / temperature), and its logarithms. */
export function softmax(
  values: ArrayLike<number>,
  temperature: number,
): { readonly shares: Float64Array; readonly logs: Float64Array } {
  const scaled = Float64Array.from(values, (value) => value / temperature);
  const top = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const sum = scaled.reduce((total, value) => total + Math.exp(value - top), 0);
  const logs = scaled.map((value) => value - top - Math.log(sum));
  return { shares: logs.map(Math.exp), logs };
}

interface Matches {
  /** By document and query token: number of the best row among all rows, and its product. */
  readonly rows: readonly Uint32Array[];
  readonly scores: readonly Float32Array[];
  /** Rows that are best for any token, ascending. */
  readonly used: Uint32Array;
}

function bestMatches(query: Float32Array, documents: Float32Array, counts: readonly number[], dim: number): Matches {
  const tokens = query.length / dim;
  const rows: Uint32Array[] = [];
  const scores: Float32Array[] = [];
  let from = 0;
  for (const count of counts) {
    const own = { assignments: new Uint32Array(tokens), scores: new Float32Array(tokens) };
    bestProducts(query, centroidPanels(documents.subarray(from * dim, (from + count) * dim), null, dim), own);
    rows.push(own.assignments.map((row) => row + from));
    scores.push(own.scores);
    from += count;
  }
  assert(from * dim === documents.length, 'counts are those of the rows');
  return { rows, scores, used: Uint32Array.from(new Set(rows.flatMap((own) => [...own]))).sort() };
}

interface Flowing {
  readonly query: MappedRows;
  readonly documents: MappedRows;
  readonly matches: Matches;
  readonly shares: Float64Array;
  /** Derivatives by the scores. */
  readonly slopes: Float64Array;
  readonly dim: number;
}

/** Derivatives by unit rows, and by the shares of query tokens. */
function flowBack({ query, documents, matches, shares, slopes, dim }: Flowing): {
  readonly query: Float32Array;
  readonly documents: Float32Array;
  readonly shares: Float64Array;
} {
  const ofQuery = new Float32Array(query.units.length);
  const ofDocuments = new Float32Array(documents.units.length);
  const ofShares = new Float64Array(shares.length);
  slopes.forEach((slope, d) => {
    shares.forEach((share, i) => {
      ofShares[i]! += slope * matches.scores[d]![i]!;
      const by = slope * share;
      const at = matches.rows[d]![i]! * dim;
      for (let j = 0; j < dim; j++) {
        ofQuery[i * dim + j]! += by * documents.units[at + j]!;
        ofDocuments[at + j]! += by * query.units[i * dim + j]!;
      }
    });
  });
  return { query: ofQuery, documents: ofDocuments, shares: ofShares };
}

/** Only rows that a query token chose have derivatives: the others need not be multiplied. */
function keptRows(
  rows: Float32Array,
  { units, lengths }: MappedRows,
  slopes: Float32Array,
  used: Uint32Array,
): [Float32Array, MappedRows, Float32Array] {
  const dim = units.length / lengths.length;
  const pick = (values: Float32Array, width: number): Float32Array => {
    const picked = new Float32Array(used.length * width);
    used.forEach((row, i) => picked.set(values.subarray(row * width, (row + 1) * width), i * width));
    return picked;
  };
  const inputDim = rows.length / lengths.length;
  return [pick(rows, inputDim), { units: pick(units, dim), lengths: pick(lengths, 1) }, pick(slopes, dim)];
}

/** Through the unit length (d unit / d z = (1 − û ûᵀ) / |z|) to the map. Destroys `slopes`. */
async function mapGradient(
  rows: Float32Array,
  { units, lengths }: MappedRows,
  slopes: Float32Array,
  products: Products,
): Promise<RowMap> {
  const count = lengths.length;
  const dim = units.length / count;
  const offset = new Float32Array(dim);
  for (let row = 0; row < count; row++) {
    const from = row * dim;
    let along = 0;
    for (let j = 0; j < dim; j++) along += slopes[from + j]! * units[from + j]!;
    for (let j = 0; j < dim; j++) {
      const slope = lengths[row]! > 0 ? (slopes[from + j]! - along * units[from + j]!) / lengths[row]! : 0;
      slopes[from + j] = slope;
      offset[j]! -= slope;
    }
  }
  return { matrix: await products.transposedTimes(rows, slopes, count), offset };
}

/** Derivatives by weights, from those by their shares of `sum`. */
function throughShares(slopes: Float64Array, shares: Float64Array, sum: number): Float64Array {
  const along = shares.reduce((total, share, i) => total + share * slopes[i]!, 0);
  return slopes.map((slope) => (slope - along) / sum);
}
