/**
 * Vectors coded row by row, as a segment that grows keeps them: their scores against a query's table. Part of the door of codes.ts,
 * with its rules. Formula: adc-scan/rows.h.
 */
import { assert } from '../base/assert.js';
import { codeBytes, type CodedVectors, type LookupTable } from './codes.js';
import { callKernels as call } from './native.js';

/**
 * float64[rows]: S, a whole number, of the rows numbered by `rows` uint32; score = S × table.unit + bias of the row's list is, bit for bit, what a scan of
 * its list gives. Each row has a code.
 */
export function scoreCodeRows(table: LookupTable, { codes, factors }: CodedVectors, rows: Uint32Array): Float64Array {
  const pairs = table.levels.length / 32;
  assert(codes.length * 2 === factors.length * pairs, 'there is a code for every two factors');
  assert(codeBytes(2 * pairs) === pairs, 'a table is of padded subquantizers');
  const scores = new Float64Array(rows.length);
  const scale = Float64Array.of(table.offset, table.anchorWeight);
  call((kernels) => kernels.scoreCodeRows(table.levels, scale, codes, factors, rows, scores));
  return scores;
}
