/**
 * Which documents is a query taught on? Those that the present parameters find for it: end-to-end negatives, as in JPQ, and positives as well,
 * since the best hundreds of a first code hold all but one in a thousand of the true ten. What the student overrates comes in by itself.
 */
import type { Candidates } from './code-gradient.js';
import { adaptRows } from './code-gradient.js';
import type { CodedDocuments, Found } from './coded-documents.js';
import { scanTablesOf, type ScanParameters } from './scan-parameters.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

export interface TrainingQueries {
  /** float32[n, dim], at the length at which queries are compared with codes. */
  readonly rows: Float32Array;
  /** uint32[n]: the document that a query was made of, which is not among its candidates; 0xffffffff = none. Null = none of them. */
  readonly selves: Uint32Array | null;
}

/** Rows of the candidates of each query, from what was found for it. */
export type ChooseRows = (query: number, found: Uint32Array) => Uint32Array;

export interface PoolOptions {
  readonly parameters: ScanParameters;
  /** Documents that are found for each query. */
  readonly width: number;
  readonly signal?: StopSign | undefined;
}

/** The documents of a training with the structure that they are coded by. */
export interface TaughtDocuments {
  readonly structure: ListStructure;
  readonly documents: CodedDocuments;
}

/** Candidates of the queries numbered `numbers`: what `choose` makes of the best `width`. Blocks the thread for a millisecond or two a query. */
export function candidatePools(
  { structure, documents }: TaughtDocuments,
  queries: Pick<TrainingQueries, 'rows'>,
  numbers: Uint32Array,
  { parameters, width, signal, choose }: PoolOptions & { readonly choose: ChooseRows },
): Candidates[] {
  const { dim } = documents;
  const scan = documents.open(scanTablesOf(parameters, structure), width);
  const adapted = new Float64Array(dim);
  try {
    return Array.from(numbers, (number) => {
      refuseStopped(signal);
      const query = queries.rows.subarray(number * dim, (number + 1) * dim);
      adaptRows(parameters.adapter, query, dim, adapted);
      const found = scan.find(query, Float32Array.from(adapted));
      const rows = choose(number, found.rows);
      return { rows, constants: constantsOf(documents, rows, found) };
    });
  } finally {
    scan.close();
  }
}

/** `found` without the document that the query was made of. */
export function withoutSelf(selves: Uint32Array | null): ChooseRows {
  return (query, found) => (selves === null ? found : found.filter((row) => row !== selves[query]));
}

function constantsOf({ lists, shifts }: CodedDocuments, rows: Uint32Array, { products }: Found): Float32Array {
  const constants = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    constants[i] = products[lists[row]!]! + shifts[row]!;
  }
  return constants;
}
