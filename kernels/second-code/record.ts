/** The sizes of a record of the second code, as second-code.h and values.h lay it out. */

/** `dim` rounded up to whole runs of 32 dimensions. */
export function paddedDim(dim: number): number {
  return (dim + 31) & ~31;
}

/** The bytes of a record of the second code, of `bits` a dimension. */
export function recordBytes(dim: number, bits: number): number {
  return 6 + (paddedDim(dim) / 8) * bits;
}

/** From so many bits on a query is read in two parts: values.h. */
export const fineBits = 5;

/** The levels of a query of `dim` values for records of `bits` a dimension. */
export function queryLevels(dim: number, bits: number): number {
  return paddedDim(dim) * (bits >= fineBits ? 2 : 1);
}
