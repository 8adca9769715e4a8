/** A structure small enough to be made up, and documents around its lists. */
import { seededRandom, type Random } from '../../../../base/random.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { furtherPassage, plainDocument } from '../fixtures.js';

export interface ToyShape {
  readonly dim: number;
  readonly lists: number;
  readonly version?: number;
  readonly dsub?: number;
  /** Vectors lie in two lists. */
  readonly hasCopies?: boolean;
  /** Bits a dimension of second codes. */
  readonly secondKind?: number;
}

function normals(random: Random, count: number, scale: number): Float32Array {
  return Float32Array.from({ length: count }, () => random.normal() * scale);
}

/** Random unit centroids, and codewords of about the size of what lies around them. */
export function toyStructure(shape: ToyShape): ListStructure {
  const { dim, lists, version = 1, dsub = 4, hasCopies = false, secondKind = 4 } = shape;
  const random = seededRandom(1000 * version + lists);
  const subquantizers = Math.ceil(dim / dsub);
  const centroids = normals(random, lists * dim, 1 / Math.sqrt(dim));
  const codebook: ListCodebook = {
    ...{ dim, subquantizers, dsub, secondKind, rescale: 8 / 32767, anchor: 4 / 32767 },
    words: normals(random, subquantizers * dsub * 16, 0.5 / Math.sqrt(dim)),
    bases: centroids.slice(),
    anchors: centroids.slice(),
  };
  const structure = { dim, centroids, ...(hasCopies ? { around: nearLists(centroids, dim) } : {}) };
  return { version, structure, codebook };
}

/** uint32[lists, n]: for each of `centroids` float32[lists, dim] up to four others, the nearest first. */
export function nearLists(centroids: Float32Array, dim: number): Uint32Array {
  const lists = Array.from({ length: centroids.length / dim }, (_, list) => list);
  const at = (list: number, j: number): number => centroids[list * dim + j]!;
  const distance = (a: number, b: number): number =>
    Array.from({ length: dim }, (_, j) => (at(a, j) - at(b, j)) ** 2).reduce((sum, square) => sum + square);
  return Uint32Array.from(
    lists.flatMap((own) => {
      const others = lists.filter((list) => list !== own);
      return others.sort((a, b) => distance(own, a) - distance(own, b)).slice(0, 4);
    }),
  );
}

export function toyCoder(shape: ToyShape): ListCoder {
  return new ListCoder(toyStructure(shape));
}

/** A vector near one of the centroids. */
export function nearVector(random: Random, { structure }: ListStructure): Float32Array {
  const { centroids, dim } = structure;
  const list = random.below(centroids.length / dim);
  return Float32Array.from(
    { length: dim },
    (_, j) => centroids[list * dim + j]! + (random.normal() * 0.4) / Math.sqrt(dim),
  );
}

/** Documents of every kind: most with a vector, some with the vector of another, with none or zero, some with further passages. */
export function toyDocuments(random: Random, of: ListStructure, count: number): IndexDocument[] {
  const rows: IndexDocument[] = [];
  for (let at = 0; at < count; at += 1) {
    const kind = random.below(20);
    const known = rows.at(random.below(Math.max(1, rows.length)))?.dense ?? null;
    const zero = new Float32Array(of.structure.dim);
    const dense = kind === 0 ? null : kind === 1 ? zero : kind < 4 && known !== null ? known : nearVector(random, of);
    const document = plainDocument(`id${at}`, BigInt(4096 * Math.floor(at / 20) + (at % 20) + 4096), {
      dense,
      attributes: { year: BigInt(random.below(100)) },
    });
    rows.push(document);
    for (let passage = 1; kind > 17 && passage < 4; passage += 1)
      rows.push(furtherPassage(document, passage, { dense: nearVector(random, of), start: passage }));
  }
  return rows;
}
