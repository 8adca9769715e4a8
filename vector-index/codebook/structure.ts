/**
 * The structure of a collection as a coordinator needs it: coarse centroids, which say in which inverted list a vector belongs and
 * which lists a query probes first.
 *
 * The file, little-endian:
 *
 *   [0, 4)    magic "SHST"
 *   [4, 6)    format, uint16
 *   [6, 8)    zero
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of lists, uint32
 *   then      centroids float32[lists, dim]
 *   last 8    XXH64 of all bytes before, uint64
 */
import { assert } from '../../base/assert.js';
import { bytesOf, float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import { assignNearest, assignNearestAsync, topK } from '../../kernels/kernels.js';

const magic = 'SHST';
const format = 1;
const headBytes = 16;
const checksumBytes = 8;

/** Lists that a structure may have. */
export const listsMax = 65_536;

/** Products of two numbers that the calling thread computes itself, about half a millisecond; more go to another one. */
const productsInline = 1_000_000;

export interface Structure {
  readonly dim: number;
  /** float32[lists, dim], row-major; never changed. */
  readonly centroids: Float32Array;
}

/** Number of inverted lists. */
export function listCountOf(structure: Structure): number {
  return structure.centroids.length / structure.dim;
}

/** uint32[n]: the list of each of `points` float32[n, dim], by the reference kernel: the same on every machine, ties to the smaller list. */
export async function nearestList(structure: Structure, points: Float32Array): Promise<Uint32Array> {
  const { centroids, dim } = structure;
  const work = points.length * listCountOf(structure);
  if (work <= productsInline) return assignNearest(points, centroids, dim).assignments;
  return (await assignNearestAsync(points, centroids, dim)).assignments;
}

/** uint32[min(n, lists)]: the lists nearest to `query` float32[dim], nearest first, ties to the smaller list; the first is its own. */
export function nearestLists(structure: Structure, query: Float32Array, n: number): Uint32Array {
  const { centroids, dim } = structure;
  assert(query.length === dim, 'the query has dim values');
  // Products of two vectors do not depend on which is called the point, so these are the numbers that assign documents.
  const { scores } = assignNearest(centroids, query, dim);
  return topK(scores, null, n, -Infinity).rows;
}

/** The bytes of `structure`. INTERNAL when its centroids are no whole rows. */
export function writeStructureFile(structure: Structure): Uint8Array {
  const { dim, centroids } = structure;
  const lists = listCountOf(structure);
  assert(Number.isInteger(lists) && lists >= 1 && lists <= listsMax, 'there are 1 to 65,536 lists');
  const bytes = new Uint8Array(fileBytes(dim, lists));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint16(4, format, true);
  view.setUint32(8, dim, true);
  view.setUint32(12, lists, true);
  bytes.set(bytesOf(centroids), headBytes);
  const end = bytes.length - checksumBytes;
  view.setBigUint64(end, hashBytes(bytes.subarray(0, end)), true);
  return bytes;
}

/** The structure in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readStructureFile(bytes: Uint8Array): Structure {
  if (bytes.length < headBytes + checksumBytes || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) {
    throw damaged('it does not begin as a structure');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint16(4, true);
  if (found > format) {
    const message = `the structure has format ${found}, this version reads up to ${format}; use a newer Shoal`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const end = bytes.length - checksumBytes;
  if (hashBytes(bytes.subarray(0, end)) !== view.getBigUint64(end, true)) throw damaged('its checksum does not match');
  const dim = view.getUint32(8, true);
  const lists = view.getUint32(12, true);
  if (dim < 1 || lists < 1 || bytes.length !== fileBytes(dim, lists)) throw damaged(`it has ${bytes.length} bytes`);
  return { dim, centroids: float32From(bytes.subarray(headBytes, end), 'centroids') };
}

function fileBytes(dim: number, lists: number): number {
  return headBytes + 4 * dim * lists + checksumBytes;
}

function damaged(why: string): ShoalError {
  return new ShoalError('DATA_LOSS', `the structure is damaged: ${why}; restore it from a backup`);
}
