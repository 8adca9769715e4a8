/**
 * Which inverted lists share a shard: neighbouring ones, equally many in each. A pure function of the structure.
 *
 * The lists are cut in two across the direction in which they lie farthest apart, and each half again, until there are as many groups
 * as shards; so a query's nearest lists are in few groups. The same centroids give the same groups on every machine.
 */
import { assert } from '../../base/assert.js';
import { listCountOf, type Structure } from '../../vector-index/codebook/structure.js';

/** `shards` groups of lists, each ascending, whose sizes differ by at most one; groups by their smallest list. */
export function groupLists(structure: Structure, shards: number): readonly Uint32Array[] {
  const lists = listCountOf(structure);
  assert(shards >= 1 && shards <= lists, 'there is a list for every shard');
  const all = Uint32Array.from({ length: lists }, (_, list) => list);
  return [...cut(all, shards, structure)].sort((a, b) => a[0]! - b[0]!);
}

function* cut(lists: Uint32Array, shards: number, structure: Structure): Generator<Uint32Array> {
  if (shards === 1) {
    yield lists.slice().sort();
    return;
  }
  const along = alongLine(lists, structure);
  const left = Math.floor(shards / 2);
  const leftLists = Math.floor((lists.length * left) / shards);
  yield* cut(along.subarray(0, leftLists), left, structure);
  yield* cut(along.subarray(leftLists), shards - left, structure);
}

/** `lists` in their order along the line through the two that are (nearly) farthest apart, the smaller list first on ties. */
function alongLine(lists: Uint32Array, structure: Structure): Uint32Array {
  const start = farthestFrom(lists[0]!, lists, structure);
  const end = farthestFrom(start, lists, structure);
  const { centroids, dim } = structure;
  const line = Float64Array.from({ length: dim }, (_, j) => centroids[end * dim + j]! - centroids[start * dim + j]!);
  const position = new Map<number, number>();
  for (const list of lists) {
    let sum = 0;
    for (let j = 0; j < dim; j += 1) sum += line[j]! * centroids[list * dim + j]!;
    position.set(list, sum);
  }
  return lists.slice().sort((a, b) => position.get(a)! - position.get(b)! || a - b);
}

function farthestFrom(from: number, lists: Uint32Array, { centroids, dim }: Structure): number {
  let farthest = from;
  let largest = -1;
  for (const list of lists) {
    let sum = 0;
    for (let j = 0; j < dim; j += 1) sum += (centroids[list * dim + j]! - centroids[from * dim + j]!) ** 2;
    if (sum > largest) {
      largest = sum;
      farthest = list;
    }
  }
  return farthest;
}
