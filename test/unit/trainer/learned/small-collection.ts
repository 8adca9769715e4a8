/** A small collection whose queries lie apart from its vectors, with lists and codes trained on the vectors alone. */
import { seededRandom } from '../../../../base/random.js';
import { trainStructure } from '../../../../trainer/structure/train-structure.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import { cloudsOf, type Clouds } from '../structure/clouds.js';

export interface SmallCollection extends Clouds {
  readonly structure: ListStructure;
}

/** The same every time. */
export function smallCollection(vectors = 3_000, queries = 1_500, lists = 24): SmallCollection {
  const data = cloudsOf({ dim: 32, clouds: 30, vectors, queries });
  const { structure, codebook } = trainStructure(
    { dim: data.dim, vectors: data.vectors, queries: null },
    { lists, random: seededRandom(8) },
  );
  return { ...data, structure: { version: 3, structure, codebook } };
}
