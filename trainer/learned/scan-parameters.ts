/** What of a scan is learned, in the precision in which it is trained. Published as `vector-index/codebook/learned-parameters.ts`. */
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { refuseOther, type LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';
import { codedLists } from '../../vector-index/codebook/list-codebook.js';

export interface ScanParameters {
  /** float64[subquantizers, dsub, 16]: C, the words of the query's look-up table. */
  readonly words: Float64Array;
  /** float64[dim, dim]: A, row i makes value i of the query that the table is built of; null = the query as it is. */
  readonly adapter: Float64Array | null;
  /** float64[lists]: β, added to the score of every vector of a list; null = nothing. */
  readonly biases: Float64Array | null;
}

export interface LearnedParts {
  readonly hasAdapter: boolean;
  readonly hasBiases: boolean;
}

/** What a training begins with: `from`, or what the structure does by itself: its own words, the query as it is, no biases. */
export function startingParameters(
  structure: ListStructure,
  { hasAdapter, hasBiases, from = null }: LearnedParts & { readonly from?: LearnedParameters | null },
): ScanParameters {
  const { codebook } = structure;
  if (from !== null) refuseOther(from, structure);
  const { adapter, listBiases } = from ?? {};
  const biases = hasBiases ? new Float64Array(codedLists(codebook)) : null;
  return {
    words: Float64Array.from(from?.scanWords ?? codebook.words),
    adapter: adapter !== undefined ? Float64Array.from(adapter) : hasAdapter ? identity(codebook.dim) : null,
    biases: listBiases !== undefined ? Float64Array.from(listBiases) : biases,
  };
}

/** A copy that further steps do not change. */
export function copyOf({ words, adapter, biases }: ScanParameters): ScanParameters {
  return { words: words.slice(), adapter: adapter?.slice() ?? null, biases: biases?.slice() ?? null };
}

/** Whether all values are numbers. */
export function areFinite({ words, adapter, biases }: ScanParameters): boolean {
  return [words, adapter, biases].every((part) => part?.every(Number.isFinite) !== false);
}

/** What a scan reads. */
export interface ScanTables {
  /** float32[subquantizers, dsub, 16]: what look-up tables are made with. */
  readonly words: Float32Array;
  /** float32[lists, dim] */
  readonly bases: Float32Array;
  /** float32[lists]: added to the scores of a list; null = nothing. */
  readonly biases: Float32Array | null;
}

/** As the scan reads them. */
export function scanTablesOf({ words, biases }: ScanParameters, { codebook }: ListStructure): ScanTables {
  return {
    words: Float32Array.from(words),
    bases: codebook.bases,
    biases: biases === null ? null : Float32Array.from(biases),
  };
}

/** As they are published for `structure`. */
export function publishedParameters(
  { words, adapter, biases }: ScanParameters,
  structure: ListStructure,
): LearnedParameters {
  const { dim, subquantizers, dsub, bases } = structure.codebook;
  return {
    ...{ structureVersion: structure.version, dim, lists: bases.length / dim, subquantizers, dsub },
    scanWords: Float32Array.from(words),
    ...(adapter === null ? {} : { adapter: Float32Array.from(adapter) }),
    ...(biases === null ? {} : { listBiases: Float32Array.from(biases) }),
  };
}

function identity(dim: number): Float64Array {
  return Float64Array.from({ length: dim * dim }, (_, at) => (at % (dim + 1) === 0 ? 1 : 0));
}
