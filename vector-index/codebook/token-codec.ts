/**
 * The residual code of token vectors (ColBERTv2, arXiv 2112.01488, section 3.3): a row is its nearest centroid plus, in every dimension,
 * one of 2^nbits weights.
 *
 * Rows are assigned by the largest inner product. A row's inverse norm is stored beside its code, so that a decoded row has unit length,
 * whatever the buckets did to it. A codec with scales (format 2) codes what rows have beyond the mean of their document
 * (centred-rows.ts), takes the residual from a share of the centroid, and measures it in units of its size (scaled-rows.ts); each share of
 * a centroid has a number of its own. The record's layout is the one that `kernels/max-sim` scores.
 */
import { assert } from '../../base/assert.js';
import { bytesOf, uint16From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import { assignNearest, toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { meanBytes } from '../../kernels/max-sim/means.js';
import { centreRows, meanFrom } from './centred-rows.js';
import { encodeRow, nearestGain, rowUnits, type RowUnits } from './scaled-rows.js';
import { readCodecFile, writeCodecFile, type CodecTables, type ScaleTables } from './token-codec-file.js';

export type CodeBits = 1 | 2 | 4;

export class TokenCodec {
  /** Digest of the tables: codecs of equal version code equally. */
  readonly version: string;
  readonly dim: number;
  readonly nbits: CodeBits;
  /** float32[centroids × gains, dim], in units where there are scales. */
  readonly centroids: Float32Array;
  /** float32[2^nbits − 1], ascending: a residual's bucket is the number of cutoffs below it. */
  readonly cutoffs: Float32Array;
  /** float32[2^nbits]: what a bucket adds to the centroid. */
  readonly weights: Float32Array;
  /** float32[dim]: what one unit is in each dimension, up to a row's factor; null: 1. */
  readonly spreads: Float32Array | null;
  /** Whether rows are coded without the mean of their document: where there are scales. */
  readonly isCentred: boolean;
  readonly #bytes: Uint8Array;
  /** What rows are assigned to: float32[centroids, dim], each value exactly a float16. */
  readonly #means: Float32Array;
  /** float32[gains], ascending. */
  readonly #gains: Float32Array;
  readonly #units: RowUnits;

  private constructor(tables: CodecTables, bytes: Uint8Array) {
    this.version = `residual${tables.nbits}-${hashBytes(bytes).toString(16).padStart(16, '0')}`;
    this.dim = tables.dim;
    this.nbits = tables.nbits;
    this.#means = toFloat32(tables.centroids);
    this.#gains = tables.scaling?.gains ?? Float32Array.of(1);
    this.#units = rowUnits(this.#means, tables.dim, tables.scaling);
    this.centroids = this.#units.centroids;
    this.spreads = tables.scaling?.spreads ?? null;
    this.isCentred = tables.scaling !== null;
    this.cutoffs = tables.cutoffs;
    this.weights = tables.weights;
    this.#bytes = bytes;
  }

  /**
   * A codec of freshly trained tables. Centroids float32[n, dim], of unit length where there are scales, are rounded to float16; there
   * are 1 to 65,536 of them, times gains. Copies all.
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
    return count * (4 + this.#codeBytes) + (this.isCentred && count > 0 ? meanBytes(this.dim) : 0);
  }

  /**
   * The record of `rows` float32[n, dim], of unit length, all those of a document: centroid ids uint16[n], inverse norms float16[n], codes
   * uint8[n, dim × nbits / 8] with dimension j in the bits j × nbits of its row, low bits first; behind them, where rows are centred, their
   * mean (kernels/max-sim/means.ts). A row of zeros has the inverse norm 0. INTERNAL unless `rows` is a whole number of rows.
   */
  encode(rows: Float32Array): Uint8Array {
    const count = rows.length / this.dim;
    assert(Number.isInteger(count), 'token rows are whole rows of the codec');
    const record = new Uint8Array(this.recordBytes(count));
    if (count === 0) return record;
    const codesEnd = count * (4 + this.#codeBytes);
    const codes = record.subarray(4 * count, codesEnd);
    const centred = this.isCentred ? centreRows(rows, this.dim) : null;
    const { ids, norms } = this.#encodeRows(centred?.directions ?? rows, codes);
    if (centred !== null) {
      for (let row = 0; row < count; row++) norms[row]! *= centred.lengths[row]!;
      record.set(centred.mean, codesEnd);
    }
    record.set(bytesOf(ids));
    record.set(bytesOf(toFloat16(norms)), 2 * count);
    return record;
  }

  /** The rows of a record of `count` rows, float32[count, dim]: of unit length, or close to it where they are centred. DATA_LOSS when its size or a centroid id is wrong. */
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
    const codesEnd = count * (4 + this.#codeBytes);
    const codes = record.subarray(4 * count, codesEnd);
    for (let row = 0; row < count; row++) this.#decodeRow(codes, row, { id: ids[row]!, norm: factors[row]! }, rows);
    if (!this.isCentred || count === 0) return rows;
    const mean = meanFrom(record.subarray(codesEnd));
    return rows.map((value, i) => value + mean[i % this.dim]!);
  }

  get #codeBytes(): number {
    return (this.dim * this.nbits) / 8;
  }

  /** Writes the codes of unit `rows`, and gives their centroids and 1 / |centroid + weights|. */
  #encodeRows(rows: Float32Array, codes: Uint8Array): { readonly ids: Uint16Array; readonly norms: Float32Array } {
    const { dim, nbits, cutoffs, weights } = this;
    const { assignments, scores } = assignNearest(rows, this.#means, dim);
    const [units, gains, size] = [this.#units, this.#gains, this.#codeBytes];
    const buckets = { nbits, cutoffs, weights };
    const ids = new Uint16Array(assignments.length);
    const norms = new Float32Array(assignments.length);
    for (let row = 0; row < assignments.length; row++) {
      const gain = nearestGain(gains, scores[row]!);
      const id = assignments[row]! * gains.length + gain;
      const place = { rows, from: row * dim, unitsAt: gain * dim, base: id * dim, dim, codes, at: row * size };
      const squares = encodeRow(place, units, buckets);
      ids[row] = id;
      norms[row] = squares > 0 && !(scores[row] === 0 && this.#isZero(rows, row)) ? 1 / Math.sqrt(squares) : 0;
    }
    return { ids, norms };
  }

  #isZero(rows: Float32Array, row: number): boolean {
    return rows.subarray(row * this.dim, (row + 1) * this.dim).every((value) => value === 0);
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
