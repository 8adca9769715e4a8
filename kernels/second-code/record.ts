/** The sizes of a record of the second code, as second-code.h and values.h lay it out. */

/** `dim` rounded up to whole runs of 32 dimensions. */
export function paddedDim(dim: number): number {
  return (dim + 31) & ~31;
}

/** The bytes of a record of the second code, of `bits` a dimension. */
export function recordBytes(dim: number, bits: number): number {
  return 6 + (paddedDim(dim) / 8) * bits;
}
