/** First codes with their factors, and records, of some rows: gathered from among those of others, or scattered among them. */
import type { CodedVectors } from '../../kernels/codes.js';

/** Fills `into`, from its first row on, with rows `rows` of `from`; codes are of `bytes` bytes. */
export function gatherCodes(from: CodedVectors, rows: ArrayLike<number>, bytes: number, into: CodedVectors): void {
  gatherBytes(from.codes, rows, bytes, into.codes);
  for (let i = 0; i < rows.length; i += 1) {
    into.factors[2 * i] = from.factors[2 * rows[i]!]!;
    into.factors[2 * i + 1] = from.factors[2 * rows[i]! + 1]!;
  }
}

/** Puts row i of `from` into row `rows[i]` of `into`; codes are of `bytes` bytes. */
export function scatterCodes(from: CodedVectors, rows: ArrayLike<number>, bytes: number, into: CodedVectors): void {
  scatterRecords(from.codes, rows, bytes, into.codes);
  for (let i = 0; i < rows.length; i += 1) {
    into.factors[2 * rows[i]!] = from.factors[2 * i]!;
    into.factors[2 * rows[i]! + 1] = from.factors[2 * i + 1]!;
  }
}

/** uint8[rows, bytes]: a copy of rows `rows` of `records` uint8[n, bytes]. */
export function gatherRecords(records: Uint8Array, rows: ArrayLike<number>, bytes: number): Uint8Array {
  const own = new Uint8Array(rows.length * bytes);
  gatherBytes(records, rows, bytes, own);
  return own;
}

/** Puts row i of `records` uint8[rows, bytes] into row `rows[i]` of `into` uint8[n, bytes]. */
export function scatterRecords(records: Uint8Array, rows: ArrayLike<number>, bytes: number, into: Uint8Array): void {
  for (let i = 0; i < rows.length; i += 1) into.set(records.subarray(i * bytes, (i + 1) * bytes), rows[i]! * bytes);
}

function gatherBytes(from: Uint8Array, rows: ArrayLike<number>, bytes: number, into: Uint8Array): void {
  for (let i = 0; i < rows.length; i += 1) into.set(from.subarray(rows[i]! * bytes, (rows[i]! + 1) * bytes), i * bytes);
}
