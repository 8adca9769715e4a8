/** A structure some of whose lists are split: everything that was coded stays as it is. */
import { assert } from '../../base/assert.js';
import type { ListCodebook } from './list-codebook.js';
import type { ListStructure } from './list-structure.js';
import { rowsOf, type Descent } from './split-lists.js';
import { listCountOf, type Structure } from './structure.js';

/** Of lists that are split, the centroids of the parts: float32[n ≥ 2, dim]. */
export type ListParts = ReadonlyMap<number, Float32Array>;

/**
 * What `base` becomes when its lists are split into `parts`: the first part keeps the list's number, the others come behind all lists, those of
 * smaller lists first. Bases and anchors are the list's own; routes differ as the centroids do.
 * INTERNAL where vectors lie in two lists: those are not split.
 */
export function splitStructure(
  base: ListStructure,
  parts: ListParts,
): { readonly structure: Structure; readonly codebook: ListCodebook } {
  const { version, structure, codebook } = base;
  const { dim, centroids, routing } = structure;
  assert(structure.around === undefined, 'vectors lie in one list each');
  const lists = listCountOf(structure);
  const split = [...parts.keys()].sort((left, right) => left - right);
  assert(split.length > 0 && split.every((list) => list < lists), 'lists of the structure are split');
  assert(
    split.every((list) => parts.get(list)!.length >= 2 * dim),
    'a list is split into two at least',
  );
  const added = split.flatMap((list) => Array<number>(parts.get(list)!.length / dim - 1).fill(list));
  /** The list that each comes from. */
  const parents = Uint32Array.from([...Array(lists).keys(), ...added]);
  const next = rowsOf(centroids, parents, dim);
  let at = lists;
  for (const list of split) {
    const own = parts.get(list)!;
    next.set(own.subarray(0, dim), list * dim);
    next.set(own.subarray(dim), at * dim);
    at += own.length / dim - 1;
  }
  return {
    structure: {
      dim,
      centroids: next,
      ...(routing === undefined ? {} : { routing: routesOf({ dim, centroids, routing }, next, parents) }),
      descent: descentOf(structure, version, parents),
    },
    codebook: {
      ...codebook,
      bases: rowsOf(codebook.bases, parents, dim),
      anchors: rowsOf(codebook.anchors, parents, dim),
    },
  };
}

function descentOf({ centroids, dim, descent }: Structure, version: number, parents: Uint32Array): Descent {
  const lists = centroids.length / dim;
  return {
    earlier: [...(descent?.earlier ?? []), { version, lists }],
    trained: descent?.trained ?? centroids,
    lists: parents.map((parent) => descent?.lists[parent] ?? parent),
  };
}

/** The route of a part lies from that of its list as its centroid does, on the scale of routes. */
function routesOf(
  { dim, centroids, routing }: Pick<Structure, 'dim' | 'centroids'> & { readonly routing: Float32Array },
  next: Float32Array,
  parents: Uint32Array,
): Float32Array {
  const routes = rowsOf(routing, parents, dim);
  parents.forEach((parent, list) => {
    const from = parent * dim;
    const scale = lengthOf(routing, from, dim) / (lengthOf(centroids, from, dim) || 1);
    for (let j = 0; j < dim; j += 1) {
      const moved = next[list * dim + j]! - centroids[from + j]!;
      routes[list * dim + j]! += scale * moved;
    }
  });
  return routes;
}

function lengthOf(rows: Float32Array, from: number, dim: number): number {
  return Math.hypot(...rows.subarray(from, from + dim));
}
