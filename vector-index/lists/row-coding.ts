/** The codes of a segment's rows, however they lie: what writing a coded segment reads. */
import type { CodedVectors } from '../../kernels/codes.js';

/** How the rows of a segment are coded. */
export interface CodeShape {
  /** Version of the structure under which lists were chosen and rows coded; at least 1. */
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
  /** The kind of second codes; even nibbles unless given. */
  readonly secondKind?: number | undefined;
  /** Whether vectors lie in a second list too. */
  readonly hasCopies: boolean;
}

export interface RowCoding extends CodeShape {
  /** The second lists; null where there are none. */
  readonly copies: RowCopies | null;
  /** Fills `into` with codes uint8[rows, codeBytes] and factors int16[rows, 2] of `rows`, which all lie in `list`. */
  read(list: number, rows: Uint32Array, into: CodedVectors): void;
  /** uint8[rows, recordBytes]: the second codes of `rows`, which all lie in `list`. */
  readSecond(list: number, rows: Uint32Array): Uint8Array;
}

/** In the place of a second list where a row has none: it has no vector, or there is no other list. */
export const noList = 0xffffffff;

/** The rows of a segment in their second lists. */
export interface RowCopies {
  /** uint32[at least rowCount]: the second list of each row, or `noList`. Not to be changed. */
  lists(rowCount: number): Uint32Array;
  /** As `read`, of rows whose second list is `list`. */
  read(list: number, rows: Uint32Array, into: CodedVectors): void;
}
