/**
 * The residual code of token vectors (ColBERTv2, arXiv 2112.01488, section 3.3): a row is its nearest centroid plus, in every dimension,
 * one of 2^nbits weights.
 *
 * Rows are assigned by the largest inner product. A codec with scales takes a residual in units of the one nearest to its size
 * (scaled-rows.ts); each scale of a centroid has a number of its own. A factor is stored beside a row's code: 1 / |centroid + weights|
 * without scales, so that a decoded row has unit length, whatever the buckets did to it. The record's layout is the one that
 * `kernels/max-sim` scores.
 */
import { assert } from '../../base/assert.js';
import { bytesOf, uint16From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import { assignNearest, toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { encodeScaled, scaledCentroids, type ScaledTables } from './scaled-rows.js';
import { readCodecFile, writeCodecFile, type CodecTables, type ScaleTables } from './token-codec-file.js';

export type CodeBits = 1 | 2 | 4;

export class TokenCodec {
  /** Digest of the tables: codecs of equal version code equally. */
  readonly version: string;
  readonly dim: number;
  readonly nbits: CodeBits;
  /** float32[centroids × scales, dim], in units of scales and spreads where there are some. */
  readonly centroids: Float32Array;
  /** float32[2^nbits − 1], ascending: a residual's bucket is the number of cutoffs below it. */
  readonly cutoffs: Float32Array;
  /** float32[2^nbits]: what a bucket adds to the centroid. */
  readonly weights: Float32Array;
  /** float32[dim]: what one unit is in each dimension; null: 1. */
  readonly spreads: Float32Array | null;
  readonly #bytes: Uint8Array;
  /** What rows are assigned to: float32[centroids, dim], each value exactly a float16. */
  readonly #means: Float32Array;
  readonly #scaled: ScaledTables | null;

  private constructor(tables: CodecTables, bytes: Uint8Array) {
    this.version = `residual${tables.nbits}-${hashBytes(bytes).toString(16).padStart(16, '0')}`;
    this.dim = tables.dim;
    this.nbits = tables.nbits;
    this.#means = toFloat32(tables.centroids);
    this.#scaled = tables.scaling === null ? null : { ...tables, ...tables.scaling };
    this.centroids = this.#scaled === null ? this.#means : scaledCentroids(this.#means, this.#scaled);
    this.spreads = this.#scaled?.spreads ?? null;
    this.cutoffs = tables.cutoffs;
    this.weights = tables.weights;
    this.#bytes = bytes;
  }

  /**
   * A codec of freshly trained tables. Centroids float32[n, dim] are rounded to float16; there are 1 to 65,536 of them, times scales.
   * Copies all.
   */
  static create(tables: {
    readonly dim: number;
    readonly nbits: CodeBits;
    readonly centroids: Float32Array;
    readonly cutoffs: Float32Array;
    readonly weights: Float32Array;
    readonly scaling?: ScaleTables | null;
  }): TokenCodec {
    const { scaling = null } = tables;
    const bytes = writeCodecFile({ ...tables, scaling, centroids: toFloat16(tables.centroids) });
    return new TokenCodec(readCodecFile(bytes), bytes);
  }

  /** A codec from its file. DATA_LOSS when the bytes are damaged, FAILED_PRECONDITION when they are of a newer format. */
  static parse(bytes: Uint8Array): TokenCodec {
    const own = Uint8Array.from(bytes);
    return new TokenCodec(readCodecFile(own), own);
  }

  /** The codec's file. The codec keeps ownership. */
  serialize(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes of a record of `count` rows. */
  recordBytes(count: number): number {
    return count * (4 + this.#codeBytes);
  }

  /**
   * The record of `rows` float32[n, dim]: centroid ids uint16[n], factors float16[n], codes uint8[n, dim × nbits / 8] with
   * dimension j in the bits j × nbits of its row, low bits first. INTERNAL unless `rows` is a whole number of rows.
   */
  encode(rows: Float32Array): Uint8Array {
    const count = rows.length / this.dim;
    assert(Number.isInteger(count), 'token rows are whole rows of the codec');
    const record = new Uint8Array(this.recordBytes(count));
    if (count === 0) return record;
    const { assignments } = assignNearest(rows, this.#means, this.dim);
    const factors = new Float32Array(count);
    const codes = record.subarray(4 * count);
    if (this.#scaled !== null) this.#encodeScaled(rows, { assignments, factors, codes }, this.#scaled);
    else {
      for (let row = 0; row < count; row++) factors[row] = this.#encodeRow(rows, row, assignments[row]!, codes);
    }
    record.set(bytesOf(Uint16Array.from(assignments)));
    record.set(bytesOf(toFloat16(factors)), 2 * count);
    return record;
  }

  /** The rows of a record of `count` rows, float32[count, dim], times their factors. DATA_LOSS when its size or a centroid id is wrong. */
  decode(record: Uint8Array, count: number): Float32Array {
    if (record.length !== this.recordBytes(count)) {
      throw damaged(`${count} rows have ${this.recordBytes(count)} bytes, not ${record.length}`);
    }
    const ids = uint16From(record.subarray(0, 2 * count), 'centroid ids');
    const centroids = this.centroids.length / this.dim;
    const stray = ids.find((id) => id >= centroids);
    if (stray !== undefined) throw damaged(`it names centroid ${stray} of ${centroids}`);
    const factors = toFloat32(uint16From(record.subarray(2 * count, 4 * count), 'factors'));
    const rows = new Float32Array(count * this.dim);
    const codes = record.subarray(4 * count);
    for (let row = 0; row < count; row++) this.#decodeRow(codes, row, { id: ids[row]!, norm: factors[row]! }, rows);
    return rows;
  }

  get #codeBytes(): number {
    return (this.dim * this.nbits) / 8;
  }

  /** Writes the codes of one row and gives 1 / |centroid + weights|. */
  #encodeRow(rows: Float32Array, row: number, centroid: number, codes: Uint8Array): number {
    const { dim, nbits, centroids } = this;
    const place = { rows, from: row * dim, centroids, base: centroid * dim, dim, codes, at: row * this.#codeBytes };
    const squares = nbits === 2 ? encodeTwoBits(place, this) : encodeBits(place, this);
    return squares > 0 ? 1 / Math.sqrt(squares) : 0;
  }

  /** Writes the codes and factors of all rows, and into `assignments` the numbers of centroids with their scales. */
  #encodeScaled(
    rows: Float32Array,
    { assignments, factors, codes }: { assignments: Uint32Array; factors: Float32Array; codes: Uint8Array },
    tables: ScaledTables,
  ): void {
    const { dim } = this;
    const size = this.#codeBytes;
    const room = { decoded: new Float64Array(dim), buckets: new Uint8Array(dim) };
    for (let row = 0; row < assignments.length; row++) {
      const mean = assignments[row]!;
      const place = {
        row: rows.subarray(row * dim, (row + 1) * dim),
        centroid: this.#means.subarray(mean * dim, (mean + 1) * dim),
        codes: codes.subarray(row * size, (row + 1) * size),
      };
      const { scale, factor } = encodeScaled(place, tables, room);
      assignments[row] = mean * tables.scales.length + scale;
      factors[row] = factor;
    }
  }

  #decodeRow(codes: Uint8Array, row: number, head: { id: number; norm: number }, rows: Float32Array): void {
    const { dim, nbits, weights, centroids, spreads } = this;
    const perByte = 8 / nbits;
    const mask = (1 << nbits) - 1;
    const base = head.id * dim;
    const codesAt = row * this.#codeBytes;
    for (let j = 0; j < dim; j++) {
      const byte = codes[codesAt + Math.floor(j / perByte)]!;
      const bucket = (byte >> ((j % perByte) * nbits)) & mask;
      rows[row * dim + j] = (centroids[base + j]! + weights[bucket]!) * (spreads?.[j] ?? 1) * head.norm;
    }
  }
}

function damaged(why: string): ShoalError {
  const message = `a record of token codes is damaged: ${why}; write the document again`;
  return new ShoalError('DATA_LOSS', message);
}

/** A row to code: its values at rows[from], its centroid at centroids[base], its codes from codes[at] on. */
interface RowPlace {
  readonly rows: Float32Array;
  readonly from: number;
  readonly centroids: Float32Array;
  readonly base: number;
  readonly dim: number;
  readonly codes: Uint8Array;
  readonly at: number;
}

/** Writes a row's codes and gives |centroid + weights|². */
function encodeBits(
  place: RowPlace,
  { nbits, cutoffs, weights }: Pick<TokenCodec, 'nbits' | 'cutoffs' | 'weights'>,
): number {
  const { rows, from, centroids, base, dim, codes } = place;
  const perByte = 8 / nbits;
  let at = place.at;
  let squares = 0;
  for (let j = 0; j < dim; j += perByte) {
    let byte = 0;
    for (let part = 0; part < perByte; part++) {
      const center = centroids[base + j + part]!;
      const residual = Math.fround(rows[from + j + part]! - center);
      let bucket = 0;
      for (let cutoff = 0; cutoff < cutoffs.length; cutoff++) bucket += residual > cutoffs[cutoff]! ? 1 : 0;
      const value = center + weights[bucket]!;
      squares += value * value;
      byte |= bucket << (part * nbits);
    }
    codes[at++] = byte;
  }
  return squares;
}

/** `encodeBits` for two bits, three times as fast: every document passes here. */
function encodeTwoBits(place: RowPlace, { cutoffs, weights }: Pick<TokenCodec, 'cutoffs' | 'weights'>): number {
  const { rows, from, centroids, base, dim, codes } = place;
  const [low, middle, high] = [cutoffs[0]!, cutoffs[1]!, cutoffs[2]!];
  let at = place.at;
  let squares = 0;
  for (let j = 0; j < dim; j += 4) {
    let byte = 0;
    for (let part = 0; part < 4; part++) {
      const center = centroids[base + j + part]!;
      const residual = Math.fround(rows[from + j + part]! - center);
      const bucket = +(residual > low) + +(residual > middle) + +(residual > high);
      const value = center + weights[bucket]!;
      squares += value * value;
      byte |= bucket << (2 * part);
    }
    codes[at++] = byte;
  }
  return squares;
}
