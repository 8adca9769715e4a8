/** Which lists have grown too long and are to be split: pure decisions over sizes. */

/** From when on a list is too long. */
export interface SplitLimits {
  /** Vectors, as a multiple of those of the mean list: a longer one costs every search that reads it as much as so many others. */
  readonly means: number;
  /** No list of so many vectors or fewer is split, whatever the mean: reading it costs nothing. */
  readonly least: number;
}

export const usualSplitLimits: SplitLimits = { means: 4, least: 512 };

/** What is left of a list that is split has at most this share of the limit: it will grow by half before it is split again. */
const partShare = 2 / 3;

/** Vectors that a list may have before it is split, among `lists` lists with `vectors` vectors together. */
export function listLimit(
  { vectors, lists }: { readonly vectors: number; readonly lists: number },
  { means, least }: SplitLimits,
): number {
  return Math.max((means * vectors) / lists, least);
}

/** Vectors that the parts of a list shall have at most when it is split. */
export function partLimit(limit: number): number {
  return limit * partShare;
}

/** The lists that have more than `limit` of `sizes` uint32[lists], longest first, ties by smaller number; at most `most` of them. */
export function listsToSplit(sizes: Uint32Array, limit: number, most: number): Uint32Array {
  const tooLong = Uint32Array.from(sizes.keys()).filter((list) => sizes[list]! > limit);
  return tooLong.sort((left, right) => sizes[right]! - sizes[left]! || left - right).slice(0, Math.max(0, most));
}
