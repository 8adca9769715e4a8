/**
 * Exact scores of given documents: dense inner product, lexical sum, MaxSim over token vectors. The second pass of every search.
 *
 * Documents are asked for in any order and answered in that order; one that is not here (any more) has NaN everywhere.
 */
import { scoreDense, toFloat32 } from '../../kernels/kernels.js';
import { assert } from '../../base/assert.js';
import { positionOf } from '../binary-search.js';
import type { QueryTerms, RowKeys } from '../document.js';
import { hasDense } from '../segment/segment-reader.js';
import type { PinnedIndex, RowPlace } from './pinned-index.js';
import { matchTokens, scoreTokens, type TokenScoring } from './score-tokens.js';
import { bySegment } from './segment-rows.js';

export interface WantedScores {
  /** float32[dim]. */
  readonly dense?: Float32Array;
  readonly sparse?: QueryTerms;
  /** float32[queryTokens, tokenDim]. */
  readonly queryTokens?: Float32Array;
  /** Also which document token answers each query token. */
  readonly matches?: boolean;
  /** How many of the best by approximate MaxSim are scored again with full query precision; 32 unless told. */
  readonly exactTop?: number;
}

/** One value per document asked for, in that order; NaN where a document or its representation is missing; null where not wanted. */
export interface DocumentScores {
  readonly dense: Float32Array | null;
  readonly sparse: Float32Array | null;
  /** Sum over the query's tokens of the best inner product. */
  readonly multi: Float32Array | null;
  /** int32[documents, queryTokens]: number of the document token that answers each query token; −1 where none. */
  readonly matchTokens: Int32Array | null;
  /** float32[documents, queryTokens] beside `matchTokens`; NaN where none. */
  readonly matchScores: Float32Array | null;
}

/** Scores the passages `keys` as `wanted`; lexical scores are those of their documents, where the primary passage is here. FAILED_PRECONDITION when a token codec is not loaded; CANCELLED when `signal` aborts. */
export async function scoreDocuments(
  index: PinnedIndex,
  { docIds, passages }: RowKeys,
  wanted: WantedScores & { tokens: TokenScoring; signal?: AbortSignal | undefined },
): Promise<DocumentScores> {
  const places = Array.from(docIds, (docId, at) => index.place(docId, passages?.[at] ?? 0));
  const { dense, sparse, queryTokens, tokens, signal } = wanted;
  const exactTop = wanted.exactTop ?? 32;
  const query = queryTokens === undefined ? null : { rows: queryTokens, ...tokens };
  const multi = query === null ? null : await scoreTokens(index, places, { query, exactTop, signal });
  const matches = query === null || wanted.matches !== true ? null : await matchTokens(index, places, query, signal);
  return {
    dense: dense === undefined ? null : await denseScores(index, places, { query: dense, signal }),
    sparse: sparse === undefined ? null : sparseScores(index, primaryPlaces(index, docIds, places), sparse),
    multi,
    matchTokens: matches?.tokens ?? null,
    matchScores: matches?.scores ?? null,
  };
}

/** `places`, with the place of the primary passage wherever another one was asked for: only that has terms. */
function primaryPlaces(
  index: PinnedIndex,
  docIds: BigUint64Array,
  places: readonly (RowPlace | null)[],
): readonly (RowPlace | null)[] {
  return places.map((place, at) => {
    const isFurther = place !== null && (index.segments[place.segment]!.reader.passages?.[place.row] ?? 0) > 0;
    return isFurther ? index.place(docIds[at]!) : place;
  });
}

async function denseScores(
  index: PinnedIndex,
  places: readonly (RowPlace | null)[],
  { query, signal }: { readonly query: Float32Array; readonly signal: AbortSignal | undefined },
): Promise<Float32Array> {
  const scores = new Float32Array(places.length).fill(NaN);
  const isScored = ({ segment, row }: RowPlace): boolean => hasDense(index.segments[segment]!.reader, row);
  for (const { segment, positions, rows } of bySegment(places, isScored)) {
    const { reader, rowCount } = index.segments[segment]!;
    assert(reader.dense !== null, 'a segment with a scored row has vectors');
    await reader.checks?.vectors(rows, signal);
    const found = scoreDense(
      reader.dense.subarray(0, rowCount * reader.dim),
      reader.dim,
      query,
      Uint32Array.from(rows),
    );
    for (const [at, position] of positions.entries()) scores[position] = found[at]!;
  }
  return scores;
}

/** The same float32 additions in the same order as the postings give, so that a document's score does not depend on the way. */
function sparseScores(index: PinnedIndex, places: readonly (RowPlace | null)[], terms: QueryTerms): Float32Array {
  const scores = new Float32Array(places.length).fill(NaN);
  const bits = new Uint16Array(places.length * terms.termIds.length);
  for (const [position, place] of places.entries()) {
    const row = place === null ? null : index.segments[place.segment]!.reader.terms(place.row);
    if (row === null) continue;
    scores[position] = 0;
    for (let term = 0; term < terms.termIds.length; term += 1) {
      const at = positionOf(row.termIds, terms.termIds[term]!);
      if (at >= 0) bits[position * terms.termIds.length + term] = row.weights[at]!;
    }
  }
  addProducts(toFloat32(bits), terms.factors, scores);
  return scores;
}

/** scores[d] += Σ factors[t] · weights[d, t], each step rounded to float32. */
function addProducts(weights: Float32Array, factors: Float32Array, scores: Float32Array): void {
  for (let position = 0; position < scores.length; position += 1) {
    let score = scores[position]!;
    for (let term = 0; term < factors.length; term += 1) {
      score = Math.fround(score + Math.fround(factors[term]! * weights[position * factors.length + term]!));
    }
    scores[position] = score;
  }
}
