/**
 * Means of coded documents. A codec that codes rows without the mean of their document keeps the mean behind the codes:
 *
 *   query . token = query . mean + query . (token − mean)
 *
 * The first term is the same for all tokens of a document, so MaxSim over the codes alone lacks the sum of it over the query's tokens.
 *
 * A mean is a step, float16, and int8[dim]; a value is step × level. Products are summed in double, in order: equal on every machine.
 */
import { assert } from '../../base/assert.js';

/** A query's tokens where records hold a mean. */
export interface MeanQuery {
  /** float32[tokens, dim] */
  readonly rows: Float32Array;
  /** float32[dim]: their sum. */
  readonly sum: Float32Array;
}

/** Bytes of a mean. */
export function meanBytes(dim: number): number {
  return 2 + dim;
}

/** Of `rows` float32[tokens, dim]. Keeps them. */
export function meanQuery(rows: Float32Array, dim: number): MeanQuery {
  const sum = new Float32Array(dim);
  for (let i = 0; i < rows.length; i++) sum[i % dim]! += rows[i]!;
  return { rows, sum };
}

/** Means in a column of records, by document. */
export interface DocumentMeans {
  /** float16[documents]; 0 without tokens. */
  readonly steps: Uint16Array;
  /** int8[dim] of each; views. */
  readonly levels: readonly Int8Array[];
}

/** The means of documents in a column of records; zeros for one without tokens. INTERNAL outside the column. */
export function documentMeans(
  column: Uint8Array,
  { offsets, counts }: { readonly offsets: BigUint64Array; readonly counts: Uint32Array },
  { dim, nbits }: { readonly dim: number; readonly nbits: number },
): DocumentMeans {
  const rowBytes = 4 + (dim * nbits) / 8;
  const none = new Int8Array(dim);
  const steps = new Uint16Array(counts.length);
  const levels = Array.from(counts, (count, document) => {
    if (count === 0) return none;
    const start = Number(offsets[document]!) + count * rowBytes;
    assert(start + meanBytes(dim) <= column.length, 'a mean lies within the column');
    steps[document] = column[start]! | (column[start + 1]! << 8);
    return new Int8Array(column.buffer, column.byteOffset + start + 2, dim);
  });
  return { steps, levels };
}

/** `query` float32[dim] . levels. */
export function levelProduct(query: Float32Array, levels: Int8Array): number {
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum += query[j]! * levels[j]!;
  return sum;
}
