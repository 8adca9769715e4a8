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
import { float32From } from '../../base/bytes.js';
import { assignNearest, assignNearestAsync, topK } from '../../kernels/kernels.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from './sealed-file.js';

const kind: FileKind = {
  magic: 'SHST',
  format: 1,
  headBytes: 16,
  name: 'the structure',
  remedy: 'restore it from a backup',
};

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
  const fillHead = (view: DataView): void => {
    view.setUint32(8, dim, true);
    view.setUint32(12, lists, true);
  };
  return sealFile(kind, fillHead, [centroids]);
}

/** The structure in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readStructureFile(bytes: Uint8Array): Structure {
  const { view, tables } = openSealedFile(kind, bytes);
  const [dim, lists] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (dim < 1 || lists < 1 || tables.length !== 4 * dim * lists) {
    throw damagedFile(kind, `it has ${bytes.length} bytes`);
  }
  return { dim, centroids: float32From(tables, 'centroids') };
}
