/** The codes of a segment's rows, however they lie: what writing a coded segment reads. Types only. */
import type { CodedVectors } from '../../kernels/codes.js';

/** How the rows of a segment are coded. */
export interface CodeShape {
  /** Version of the structure under which lists were chosen and rows coded; at least 1. */
  readonly structureVersion: number;
  readonly subquantizers: number;
  readonly dsub: number;
}

export interface RowCoding extends CodeShape {
  /** Fills `into` with codes uint8[rows, codeBytes] and factors int16[rows, 2] of `rows`, which all lie in `list`. */
  read(list: number, rows: Uint32Array, into: CodedVectors): void;
  /** uint8[rows, recordBytes]: the second codes of `rows`, which all lie in `list`. */
  readSecond(list: number, rows: Uint32Array): Uint8Array;
}
