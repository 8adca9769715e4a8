/**
 * How a row is coded by a codec with scales: its residual in units of the scale that is nearest to its own size, and of the dimension's
 * spread (a gain and a shape: Gersho and Gray, "Vector Quantization and Signal Compression", section 12.10).
 *
 * Text of another kind than a codec was trained on lies further from its centroids; with one set of weights its residuals overflow the
 * outermost buckets. The scale needs no byte: a centroid has a number for every scale, and the kernels see each as a centroid of its own.
 */

/** What rows are coded by. */
export interface ScaledTables {
  readonly dim: number;
  readonly nbits: number;
  readonly cutoffs: Float32Array;
  readonly weights: Float32Array;
  /** float32[dim]: the size of a dimension's residuals, 1 on average. */
  readonly spreads: Float32Array;
  /** float32[classes], ascending: root mean squares of residuals. */
  readonly scales: Float32Array;
}

/** A row to code, and where. */
export interface ScaledRow {
  /** float32[dim] */
  readonly row: Float32Array;
  /** float32[dim] */
  readonly centroid: Float32Array;
  /** uint8[dim × nbits / 8], to be filled. */
  readonly codes: Uint8Array;
}

/** Room for one row after the other. */
export interface ScaledRoom {
  /** float64[dim] */
  readonly decoded: Float64Array;
  /** uint8[dim] */
  readonly buckets: Uint8Array;
}

/** Below this cosine of row and decoded row the factor grows no further. */
const leastCosine = 0.25;

/** The number of the scale nearest to `size` by their ratio. */
export function nearestScale(scales: Float32Array, size: number): number {
  let nearest = 0;
  while (nearest + 1 < scales.length && size * size > scales[nearest]! * scales[nearest + 1]!) nearest += 1;
  return nearest;
}

/** The root mean square of `row` − `centroid`. */
export function residualSize(row: Float32Array, centroid: Float32Array): number {
  let squares = 0;
  for (let j = 0; j < row.length; j++) {
    const rest = row[j]! - centroid[j]!;
    squares += rest * rest;
  }
  return Math.sqrt(squares / row.length);
}

/** Centroids in units of spreads and of each scale: float32[K × classes, dim], a centroid's scales one behind the other. */
export function scaledCentroids(centroids: Float32Array, { dim, spreads, scales }: ScaledTables): Float32Array {
  const scaled = new Float32Array(centroids.length * scales.length);
  for (let i = 0; i < centroids.length; i++) {
    const dimension = i % dim;
    const first = (i - dimension) * scales.length + dimension;
    for (let number = 0; number < scales.length; number++) {
      scaled[first + number * dim] = centroids[i]! / (scales[number]! * spreads[dimension]!);
    }
  }
  return scaled;
}

/**
 * Writes a row's codes, and gives the number of its scale and the factor that brings centroid + weights, in units of spreads, to the row.
 *
 * A decoded row has the length 1 / √cosine, with the cosine between it and the row: between unit length, with which badly coded tokens
 * score too low where a query's token is the same, and 1 / cosine, with which their errors win a maximum too often.
 */
export function encodeScaled(
  place: ScaledRow,
  tables: ScaledTables,
  room: ScaledRoom,
): { readonly scale: number; readonly factor: number } {
  const { row, centroid, codes } = place;
  const number = nearestScale(tables.scales, residualSize(row, centroid));
  const scale = tables.scales[number]!;
  fillNearest(place, scale, tables, room);
  const { product, squares } = improve(place, scale, tables, room);
  writeCodes(codes, room.buckets, tables.nbits);
  let length = 0;
  for (let j = 0; j < row.length; j++) length += row[j]! * row[j]!;
  if (!(squares > 0 && length > 0)) return { scale: number, factor: 0 };
  const cosine = Math.max(product / Math.sqrt(squares * length), leastCosine);
  return { scale: number, factor: scale / Math.sqrt(squares * cosine) };
}

function writeCodes(codes: Uint8Array, buckets: Uint8Array, nbits: number): void {
  const perByte = 8 / nbits;
  for (let at = 0; at < codes.length; at++) {
    let byte = 0;
    for (let part = 0; part < perByte; part++) byte |= buckets[at * perByte + part]! << (part * nbits);
    codes[at] = byte;
  }
}

/** The nearest bucket of every dimension. */
function fillNearest(
  { row, centroid }: ScaledRow,
  scale: number,
  { cutoffs, weights, spreads }: ScaledTables,
  { buckets, decoded }: ScaledRoom,
): void {
  for (let j = 0; j < row.length; j++) {
    const unit = scale * spreads[j]!;
    const value = (row[j]! - centroid[j]!) / unit;
    let bucket = 0;
    for (let cutoff = 0; cutoff < cutoffs.length; cutoff++) bucket += value > cutoffs[cutoff]! ? 1 : 0;
    buckets[j] = bucket;
    decoded[j] = centroid[j]! + unit * weights[bucket]!;
  }
}

/**
 * Takes the second nearest bucket of a dimension where that brings the decoded row's direction nearer to the row's: its length is free.
 * Gives row · decoded and |decoded|².
 */
function improve(
  { row, centroid }: ScaledRow,
  scale: number,
  { weights, spreads }: ScaledTables,
  { buckets, decoded }: ScaledRoom,
): { product: number; squares: number } {
  let product = 0;
  let squares = 0;
  for (let j = 0; j < row.length; j++) {
    product += row[j]! * decoded[j]!;
    squares += decoded[j]! * decoded[j]!;
  }
  for (let j = 0; j < row.length; j++) {
    const other = buckets[j]! + (row[j]! > decoded[j]! ? 1 : -1);
    if (other < 0 || other >= weights.length) continue;
    const value = centroid[j]! + scale * spreads[j]! * weights[other]!;
    const newProduct = product + row[j]! * (value - decoded[j]!);
    const newSquares = squares + value * value - decoded[j]! * decoded[j]!;
    if (!(newProduct > 0 && newProduct * newProduct * squares > product * product * newSquares)) continue;
    product = newProduct;
    squares = newSquares;
    buckets[j] = other;
    decoded[j] = value;
  }
  return { product, squares };
}
