/**
 * The kinds and sizes of records of the second code, as second-code.h and values.h lay them out: kinds 1 to 8 have as many bits a dimension
 * and are of the first edition, 9 to 16 have eight bits fewer than their number and are of the second.
 */

/** Bits a dimension that a record may have. */
export const secondBitsMax = 8;
/** The largest number of a kind. */
export const secondKindsMax = 2 * secondBitsMax;
/** Four bits of the first edition. */
export const evenNibbles = 4;
/** Four bits of the second edition. */
export const normalNibbles = 12;

/** Bits a dimension of records of `kind`. */
export function bitsOfKind(kind: number): number {
  return kind > secondBitsMax ? kind - secondBitsMax : kind;
}

/** Whether records of `kind` are of the second edition. */
export function isSecondEdition(kind: number): boolean {
  return kind > secondBitsMax;
}

/** `dim` rounded up to whole runs of 32 dimensions. */
export function paddedDim(dim: number): number {
  return (dim + 31) & ~31;
}

/** The bytes of a record of `kind`. */
export function recordBytes(dim: number, kind: number): number {
  return 6 + (paddedDim(dim) / 8) * bitsOfKind(kind);
}

/** Whether queries of records of `kind` are read in two parts: values.h. */
export function hasFineQuery(kind: number): boolean {
  return bitsOfKind(kind) >= 5;
}

/** The levels of a query of `dim` values for records of `kind`. */
export function queryLevels(dim: number, kind: number): number {
  return paddedDim(dim) * (hasFineQuery(kind) ? 2 : 1);
}
