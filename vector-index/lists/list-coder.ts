/**
 * Vectors to lists and codes under one structure. Codes are a function of the vector rounded to fp16, its list and the codebook, so
 * replicas agree however a row came to them.
 */
import { assert } from '../../base/assert.js';
import { encodeSecond, encodeVectors, type CodedVectors, type ListBase } from '../../kernels/codes.js';
import { assignNearest } from '../../kernels/kernels.js';
import { codedLists, type ListCodebook } from '../codebook/list-codebook.js';
import type { ListStructure } from '../codebook/list-structure.js';
import { listCountOf } from '../codebook/structure.js';
import type { CodeShape } from './row-coding.js';

export class ListCoder implements CodeShape {
  readonly structureVersion: number;
  readonly dim: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly listCount: number;
  readonly codebook: ListCodebook;
  readonly #centroids: Float32Array;

  /** INTERNAL when structure and codebook do not belong together. */
  constructor({ version, structure, codebook }: ListStructure) {
    assert(Number.isSafeInteger(version) && version >= 1, 'the version of a structure is at least 1');
    assert(structure.dim === codebook.dim, 'structure and codebook are of one dim');
    assert(listCountOf(structure) === codedLists(codebook), 'structure and codebook have the same lists');
    assert(codebook.dim <= codebook.subquantizers * codebook.dsub, 'the words cover dim');
    this.structureVersion = version;
    this.dim = structure.dim;
    this.subquantizers = codebook.subquantizers;
    this.dsub = codebook.dsub;
    this.listCount = listCountOf(structure);
    this.codebook = codebook;
    this.#centroids = structure.centroids;
  }

  /** Values of a vector as it is coded: dim and the zeros behind it. */
  get codedDim(): number {
    return this.subquantizers * this.dsub;
  }

  /** uint32[n]: the list of each of `points` float32[n, dim]. As `nearestList`, on this thread. */
  assign(points: Float32Array): Uint32Array {
    return assignNearest(points, this.#centroids, this.dim).assignments;
  }

  /** Codes of `points` float32[n, dim], all of `list`. */
  encode(list: number, points: Float32Array): CodedVectors {
    return encodeVectors(this.codebook, this.padded(points), this.#baseOf(list));
  }

  /** uint8[n, recordBytes]: what the codes of the same points leave over. */
  encodeSecond(list: number, points: Float32Array, coded: CodedVectors): Uint8Array {
    return encodeSecond(this.codebook, this.padded(points), { ...this.#baseOf(list), ...coded });
  }

  /** float64[lists of the structure]: ⟨query, base⟩ of the lists `wanted`, null = all; NaN for the others. */
  biases(query: Float32Array, wanted: Uint32Array | null): Float64Array {
    const { dim, listCount } = this;
    const { bases } = this.codebook;
    const biases = new Float64Array(listCount).fill(NaN);
    if (wanted === null) {
      biases.set(assignNearest(bases, query, dim).scores);
      return biases;
    }
    const known = wanted.filter((list) => list < listCount);
    const rows = new Float32Array(known.length * dim);
    known.forEach((list, i) => rows.set(bases.subarray(list * dim, (list + 1) * dim), i * dim));
    // Products do not depend on what else is asked: replicas and layouts agree in every bit.
    const { scores } = assignNearest(rows, query, dim);
    known.forEach((list, i) => (biases[list] = scores[i]!));
    return biases;
  }

  /** `rows` float32[n, dim] with zeros behind each up to the dim that is coded; `rows` itself where these are equal. */
  padded(rows: Float32Array): Float32Array {
    const { dim, codedDim } = this;
    if (dim === codedDim) return rows;
    const count = rows.length / dim;
    const wide = new Float32Array(count * codedDim);
    for (let row = 0; row < count; row += 1) wide.set(rows.subarray(row * dim, (row + 1) * dim), row * codedDim);
    return wide;
  }

  #baseOf(list: number): ListBase {
    const { dim } = this;
    const { bases, anchors } = this.codebook;
    assert(list < this.listCount, 'the list is one of the structure');
    return {
      base: this.padded(bases.subarray(list * dim, (list + 1) * dim)),
      anchor: this.padded(anchors.subarray(list * dim, (list + 1) * dim)),
    };
  }
}
