/** Typed columns that grow by doubling. A view taken before growth stays valid and keeps the rows that it had. */

type Column = Uint8Array | Uint16Array | Int16Array | Uint32Array | BigUint64Array | BigInt64Array | Float64Array;

/** `column` with room for `needed` elements: itself, or a copy of at least twice the size. */
export function grown<T extends Column>(column: T, needed: number): T {
  if (needed <= column.length) return column;
  const size = Math.max(needed, column.length * 2, 64);
  const larger = new (column.constructor as new (length: number) => T)(size);
  (larger as Uint8Array).set(column as Uint8Array);
  return larger;
}
