/** Toy structures some of whose lists are split. */
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import { splitStructure } from '../../../../vector-index/codebook/split-structure.js';
import { seededRandom } from '../../../../base/random.js';

/** `base` with each of `lists` in `parts` parts, whose centroids lie around the list's. */
export function splitToy(base: ListStructure, version: number, lists: readonly number[], parts = 2): ListStructure {
  const random = seededRandom(version);
  const { dim, centroids } = base.structure;
  const around = (list: number): Float32Array =>
    Float32Array.from({ length: parts * dim }, (_, at) => centroids[list * dim + (at % dim)]! + 0.3 * random.normal());
  const split = splitStructure(base, new Map(lists.map((list) => [list, around(list)])));
  return { version, ...split };
}
