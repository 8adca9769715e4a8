/**
 * Vectors to lists and codes under one structure. Codes are a function of the vector rounded to fp16, its list and the codebook, so
 * replicas agree however a row came to them.
 */
import { assert } from '../../base/assert.js';
import { secondKindOf, type VectorBatch } from '../../kernels/codes.js';
import { assignNearest, assignNearestAsync } from '../../kernels/kernels.js';
import { codedLists, type ListCodebook } from '../codebook/list-codebook.js';
import type { ListStructure } from '../codebook/list-structure.js';
import { secondLists, secondListsAsync } from '../codebook/second-lists.js';
import { SplitLists } from '../codebook/split-lists.js';
import { listCountOf, type Structure } from '../codebook/structure.js';
import type { CodeShape } from './row-coding.js';

export class ListCoder implements CodeShape {
  readonly structureVersion: number;
  readonly dim: number;
  readonly subquantizers: number;
  readonly dsub: number;
  readonly secondKind: number;
  readonly listCount: number;
  readonly codebook: ListCodebook;
  /** Whether vectors lie in two lists. */
  readonly hasCopies: boolean;
  /** What lists became since they were trained; null where none was split. */
  readonly splits: SplitLists | null;
  readonly #structure: Structure;

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
    this.secondKind = secondKindOf(codebook);
    this.listCount = listCountOf(structure);
    this.codebook = codebook;
    this.hasCopies = structure.around !== undefined;
    this.#structure = structure;
    const { dim, centroids, descent } = structure;
    this.splits = descent === undefined ? null : new SplitLists({ dim, centroids, descent });
  }

  /**
   * Lists of structure `version` where its rows are coded as this one's are, under the same numbers but for lists that were split since; null
   * where they are not.
   */
  listsAt(version: number): number | null {
    return version === this.structureVersion ? this.listCount : (this.splits?.listsAt(version) ?? null);
  }

  /** uint32: where what lies in `lists` (uint32) of structure `version` may lie now; null where that says nothing. */
  listsNow(version: number, lists: Uint32Array): Uint32Array | null {
    const before = this.listsAt(version);
    if (before === null || lists.some((list) => list >= before)) return null;
    if (this.splits === null || version === this.structureVersion) return lists;
    const now = new Set<number>();
    for (const list of lists)
      for (const part of this.splits.isSplitSince(list, before) ? this.splits.partsOf(list) : [list]) now.add(part);
    return Uint32Array.from(now);
  }

  /** Values of a vector as it is coded: dim and the zeros behind it. */
  get codedDim(): number {
    return this.subquantizers * this.dsub;
  }

  /** uint32[n]: the list of each of `points` float32[n, dim]. As `nearestList`, on this thread. */
  assign(points: Float32Array): Uint32Array {
    return this.splits?.assign(points) ?? assignNearest(points, this.#structure.centroids, this.dim).assignments;
  }

  /** As `assign`, off the event loop. */
  async assignAsync(points: Float32Array): Promise<Uint32Array> {
    if (this.splits !== null) return this.splits.assignAsync(points);
    return (await assignNearestAsync(points, this.#structure.centroids, this.dim)).assignments;
  }

  /** uint32[n]: the second list of each of `points` float32[n, dim] in lists `firsts` uint32[n]; the first where there is no other. */
  assignSecond(points: Float32Array, firsts: Uint32Array): Uint32Array {
    return secondLists(this.#structure, points, firsts);
  }

  /** As `assignSecond`, off the event loop. */
  assignSecondAsync(points: Float32Array, firsts: Uint32Array): Promise<Uint32Array> {
    return secondListsAsync(this.#structure, points, firsts);
  }

  /** `points` float32[n, dim] of `lists` uint32[n], to be coded: both codes unless `hasRecords` is false. */
  batch(points: Float32Array, lists: Uint32Array, hasRecords = true): VectorBatch {
    const { codebook, dim } = this;
    const { bases, anchors } = codebook;
    return { codebook, points, dim, lists, bases, anchors, hasRecords };
  }
}
