/**
 * The file of a token codec, little-endian:
 *
 *   [0, 4)    magic "SHTC"
 *   [4, 6)    format, uint16
 *   [6, 8)    nbits, uint16
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of centroids K, uint32
 *   then      cutoffs float32[2^nbits − 1], weights float32[2^nbits], centroids float16[K, dim]
 *   last 8    XXH64 of all bytes before, uint64
 */
import { assert } from '../../base/assert.js';
import { bytesOf, float32From, uint16From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';

const magic = 'SHTC';
const format = 1;
const headBytes = 16;
const checksumBytes = 8;
const centroidsMax = 65_536;
const dimMax = 1_024;

/** What the file holds; centroids are the bits of float16[K, dim]. */
export interface CodecTables {
  readonly dim: number;
  readonly nbits: 1 | 2 | 4;
  readonly centroids: Uint16Array;
  readonly cutoffs: Float32Array;
  readonly weights: Float32Array;
}

/** The bytes of `tables`. INTERNAL when their sizes do not fit each other. */
export function writeCodecFile(tables: CodecTables): Uint8Array {
  const { dim, nbits, centroids, cutoffs, weights } = tables;
  const count = centroids.length / dim;
  assert(dim >= 8 && dim <= dimMax && dim % 8 === 0, 'dim is a multiple of 8, at most 1,024');
  assert(Number.isInteger(count) && count >= 1 && count <= centroidsMax, 'there are 1 to 65,536 centroids');
  assert(weights.length === 1 << nbits, 'there is a weight for every bucket');
  assert(cutoffs.length === weights.length - 1, 'there is a cutoff between any two buckets');
  const bytes = new Uint8Array(fileBytes(dim, nbits, count));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint16(4, format, true);
  view.setUint16(6, nbits, true);
  view.setUint32(8, dim, true);
  view.setUint32(12, count, true);
  let at = headBytes;
  for (const part of [cutoffs, weights, centroids]) {
    bytes.set(bytesOf(part), at);
    at += part.byteLength;
  }
  view.setBigUint64(at, hashBytes(bytes.subarray(0, at)), true);
  return bytes;
}

/** The tables in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readCodecFile(bytes: Uint8Array): CodecTables {
  if (bytes.length < headBytes + checksumBytes || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) {
    throw damaged('it does not begin as a token codec');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint16(4, true);
  if (found > format) {
    const message = `the token codec has format ${found}, this version reads up to ${format}; use a newer Shoal`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const end = bytes.length - checksumBytes;
  if (hashBytes(bytes.subarray(0, end)) !== view.getBigUint64(end, true)) throw damaged('its checksum does not match');
  const nbits = view.getUint16(6, true);
  const dim = view.getUint32(8, true);
  const count = view.getUint32(12, true);
  if (nbits !== 1 && nbits !== 2 && nbits !== 4) throw damaged(`it has ${nbits} bits a dimension`);
  if (dim < 8 || dim > dimMax || dim % 8 !== 0) throw damaged(`it has ${dim} dimensions`);
  if (count < 1 || count > centroidsMax) throw damaged(`it has ${count} centroids`);
  if (bytes.length !== fileBytes(dim, nbits, count)) throw damaged(`it has ${bytes.length} bytes`);
  const weightsAt = headBytes + 4 * ((1 << nbits) - 1);
  const centroidsAt = weightsAt + (4 << nbits);
  return {
    dim,
    nbits,
    cutoffs: float32From(bytes.subarray(headBytes, weightsAt), 'cutoffs'),
    weights: float32From(bytes.subarray(weightsAt, centroidsAt), 'weights'),
    centroids: uint16From(bytes.subarray(centroidsAt, end), 'centroids'),
  };
}

function fileBytes(dim: number, nbits: number, centroids: number): number {
  return headBytes + 4 * (2 ** (nbits + 1) - 1) + 2 * centroids * dim + checksumBytes;
}

function damaged(why: string): ShoalError {
  return new ShoalError('DATA_LOSS', `the token codec is damaged: ${why}; take it from the model or a backup again`);
}
