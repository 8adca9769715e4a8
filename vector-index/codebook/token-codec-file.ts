/**
 * The file of a token codec, little-endian:
 *
 *   [0, 4)    magic "SHTC"
 *   [4, 6)    format, uint16: 2 with scales, 1 without
 *   [6, 8)    nbits, uint16
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of centroids K, uint32
 *   then      cutoffs float32[2^nbits − 1], weights float32[2^nbits], centroids float16[K, dim]
 *   format 2  spreads float32[dim], gains float32[at least one]
 *   last 8    XXH64 of all bytes before, uint64
 */
import { assert } from '../../base/assert.js';
import { float32From, uint16From } from '../../base/bytes.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from './sealed-file.js';

const kind: FileKind = {
  magic: 'SHTC',
  format: 2,
  headBytes: 16,
  name: 'the token codec',
  remedy: 'take it from the model or a backup again',
};
const centroidsMax = 65_536;
const dimMax = 1_024;

/** What residuals are taken from and measured in (scaled-rows.ts). */
export interface ScaleTables {
  /** float32[dim]: root mean squares of the dimensions of residuals, 1 on average. */
  readonly spreads: Float32Array;
  /** float32[gains], between 0 and 1, ascending: shares of a centroid. */
  readonly gains: Float32Array;
}

/** What the file holds; centroids are the bits of float16[K, dim]. */
export interface CodecTables {
  readonly dim: number;
  readonly nbits: 1 | 2 | 4;
  readonly centroids: Uint16Array;
  readonly cutoffs: Float32Array;
  readonly weights: Float32Array;
  /** Null: residuals are taken from centroids as they are. */
  readonly scaling: ScaleTables | null;
}

/** The bytes of `tables`. INTERNAL when their sizes do not fit each other. */
export function writeCodecFile(tables: CodecTables): Uint8Array {
  const { dim, nbits, centroids, cutoffs, weights, scaling } = tables;
  const count = centroids.length / dim;
  assert(dim >= 8 && dim <= dimMax && dim % 8 === 0, 'dim is a multiple of 8, at most 1,024');
  assert(Number.isInteger(count) && count >= 1 && count <= centroidsMax, 'there are 1 to 65,536 centroids');
  assert(weights.length === 1 << nbits, 'there is a weight for every bucket');
  assert(cutoffs.length === weights.length - 1, 'there is a cutoff between any two buckets');
  const fillHead = (view: DataView): void => {
    view.setUint16(6, nbits, true);
    view.setUint32(8, dim, true);
    view.setUint32(12, count, true);
  };
  if (scaling === null) return sealFile({ ...kind, format: 1 }, fillHead, [cutoffs, weights, centroids]);
  const { spreads, gains } = scaling;
  assert(spreads.length === dim, 'there is a spread for every dimension');
  assert(gains.length >= 1 && count * gains.length <= centroidsMax, 'a share of a centroid has a number of 16 bits');
  assert(isScaling(scaling), 'spreads are above zero, gains between 0 and 1 and ascending');
  return sealFile(kind, fillHead, [cutoffs, weights, centroids, spreads, gains]);
}

/** The tables in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readCodecFile(bytes: Uint8Array): CodecTables {
  const { view, tables } = openSealedFile(kind, bytes);
  const hasScales = view.getUint16(4, true) >= 2;
  const nbits = view.getUint16(6, true);
  const [dim, count] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (nbits !== 1 && nbits !== 2 && nbits !== 4) throw damagedFile(kind, `it has ${nbits} bits a dimension`);
  if (dim < 8 || dim > dimMax || dim % 8 !== 0) throw damagedFile(kind, `it has ${dim} dimensions`);
  if (count < 1 || count > centroidsMax) throw damagedFile(kind, `it has ${count} centroids`);
  const weightsAt = 4 * ((1 << nbits) - 1);
  const centroidsAt = weightsAt + (4 << nbits);
  const spreadsAt = centroidsAt + 2 * count * dim;
  const gains = hasScales ? (tables.length - spreadsAt) / 4 - dim : 0;
  const isWhole = hasScales ? gains >= 1 && Number.isInteger(gains) : tables.length === spreadsAt;
  if (!isWhole || gains * count > centroidsMax) throw damagedFile(kind, `it has ${bytes.length} bytes`);
  return {
    dim,
    nbits,
    cutoffs: float32From(tables.subarray(0, weightsAt), 'cutoffs'),
    weights: float32From(tables.subarray(weightsAt, centroidsAt), 'weights'),
    centroids: uint16From(tables.subarray(centroidsAt, spreadsAt), 'centroids'),
    scaling: hasScales ? readScaling(tables.subarray(spreadsAt), dim) : null,
  };
}

function readScaling(bytes: Uint8Array, dim: number): ScaleTables {
  const scaling = {
    spreads: float32From(bytes.subarray(0, 4 * dim), 'spreads'),
    gains: float32From(bytes.subarray(4 * dim), 'gains'),
  };
  if (!isScaling(scaling)) throw damagedFile(kind, 'its spreads or gains are none');
  return scaling;
}

function isScaling({ spreads, gains }: ScaleTables): boolean {
  const isSpread = (value: number): boolean => value > 0 && value < Infinity;
  const isGain = (gain: number, i: number): boolean => gain > 0 && gain < 1 && (i === 0 || gain > gains[i - 1]!);
  return spreads.every(isSpread) && gains.every(isGain);
}
