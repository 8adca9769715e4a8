/**
 * Vectors in JSON. `vector` is a list of numbers; `sparse` is {"terms":[…],"weights":[…]} or {"TERM": weight, …}; `tokens` is a list of
 * rows, or {"count","codec","rows"} with base64 bytes for rows that are coded.
 */
import { counted } from '../../../base/counted.js';
import { bytesOf } from '../../../base/bytes.js';
import { ShoalError } from '../../../base/errors.js';
import type { SparseVector, TokenVectors } from '../../sdk/types.js';

/** float32[dim]; `dim` 0 = any. INVALID_ARGUMENT for another length, or numbers that float32 cannot hold. */
export function vectorFromJson(value: unknown, dim: number): Float32Array {
  const vector = numbers(value, '"vector"');
  if (dim === 0 || vector.length === dim) return vector;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `"vector" has ${counted(vector.length, 'number')}, but the collection's vectors have ${counted(dim, 'dimension')}`,
  );
}

/** Nine digits name every float32 exactly; a zero keeps its sign. */
export function vectorToJson(vector: Float32Array): number[] {
  return Array.from(vector, (value) => (value === 0 ? value : Number(value.toPrecision(9))));
}

/** Term weights, brought into ascending order. INVALID_ARGUMENT for a term given twice or out of range. */
export function sparseFromJson(value: unknown): SparseVector {
  const pairs = sparsePairs(value).sort((left, right) => left.term - right.term);
  pairs.forEach(({ term }, index) => {
    if (!Number.isInteger(term) || term < 0 || term > 0xffffffff) {
      throw new ShoalError('INVALID_ARGUMENT', `"sparse" has the term ${term}; terms are numbers from 0 to 2^32 − 1`);
    }
    if (index > 0 && pairs[index - 1]?.term === term) {
      throw new ShoalError('INVALID_ARGUMENT', `"sparse" has the term ${term} twice; give each term once`);
    }
  });
  return {
    termIds: Uint32Array.from(pairs, (pair) => pair.term),
    weights: Float32Array.from(pairs, (pair) => pair.weight),
  };
}

export function sparseToJson(sparse: SparseVector): { terms: number[]; weights: number[] } {
  return { terms: Array.from(sparse.termIds), weights: vectorToJson(sparse.weights) };
}

/** Token vectors: rows of numbers, or coded rows as `tokensToJson` writes them. */
export function tokensFromJson(value: unknown): TokenVectors {
  if (Array.isArray(value)) return tokenRows(value);
  if (typeof value === 'object' && value !== null) {
    const { count, codec, rows, pooled } = value as Record<string, unknown>;
    if (isCount(count) && typeof codec === 'string' && typeof rows === 'string') {
      return { count, codec, rows: Buffer.from(rows, 'base64'), ...(pooled === true ? { pooled } : {}) };
    }
  }
  throw new ShoalError('INVALID_ARGUMENT', '"tokens" is neither a list of rows nor {"count","codec","rows"}');
}

export function tokensToJson(tokens: TokenVectors): { count: number; codec: string; rows: string; pooled?: true } {
  const rows = Buffer.from(tokens.rows.buffer, tokens.rows.byteOffset, tokens.rows.byteLength).toString('base64');
  return { count: tokens.count, codec: tokens.codec, rows, ...(tokens.pooled === true ? { pooled: true } : {}) };
}

/** What the wire has room for. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function tokenRows(value: readonly unknown[]): TokenVectors {
  const rows = value.map((row, index) => numbers(row, `row ${index} of "tokens"`));
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) {
    throw new ShoalError('INVALID_ARGUMENT', '"tokens" has rows of unequal length');
  }
  return { count: rows.length, codec: '', rows: Buffer.concat(rows.map(bytesOf)) };
}

function sparsePairs(value: unknown): { term: number; weight: number }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShoalError('INVALID_ARGUMENT', '"sparse" is no object; write {"terms":[…],"weights":[…]}');
  }
  const { terms, weights } = value as Record<string, unknown>;
  if (!Array.isArray(terms)) {
    const entries = Object.entries(value as Record<string, unknown>);
    const given = numbers(
      entries.map(([, weight]) => weight),
      'the weights of "sparse"',
    );
    return entries.map(([term], index) => ({
      term: term === '' ? Number.NaN : Number(term),
      weight: given[index] ?? 0,
    }));
  }
  const columns = numbers(weights, '"weights" of "sparse"');
  if (columns.length !== terms.length) {
    throw new ShoalError('INVALID_ARGUMENT', `"sparse" has ${terms.length} terms and ${columns.length} weights`);
  }
  return terms.map((term: unknown, index) => ({
    term: typeof term === 'number' ? term : Number.NaN,
    weight: columns[index] ?? 0,
  }));
}

function numbers(value: unknown, what: string): Float32Array {
  if (!Array.isArray(value)) throw new ShoalError('INVALID_ARGUMENT', `${what} is no list of numbers`);
  const array = new Float32Array(value.length);
  value.forEach((element: unknown, index) => {
    const number = typeof element === 'number' ? Math.fround(element) : Number.NaN;
    if (!Number.isFinite(number)) {
      throw new ShoalError('INVALID_ARGUMENT', `${what} has ${shown(element)} at ${index}; give finite numbers`);
    }
    array[index] = number;
  });
  return array;
}

/** JSON has no word for the Infinity that a number as 1e999 is read as, and would say null. */
function shown(element: unknown): string {
  return typeof element === 'number' ? String(element) : JSON.stringify(element);
}
