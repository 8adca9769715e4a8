/** A log record's documents as the index stores them: the wire's columns become typed arrays, term frequencies become weights. */
import { float32From, uint32From } from '../../base/bytes.js';
import { docIdOf } from '../../cluster/log/records.js';
import { attributesFromWire } from '../../proto/attributes.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { documentWeights } from '../../vector-index/sparse/bm25.js';

/** How a collection weighs its terms: learned weights are stored as they come. */
export type TermWeighting = { readonly kind: 'bm25'; readonly averageLength: number } | { readonly kind: 'learned' };

/** `documents` of the record at `sequence`, in order. */
export function indexDocuments(
  documents: readonly LogDocument[],
  sequence: bigint,
  weighting: TermWeighting,
): readonly IndexDocument[] {
  return documents.map((document, position) => ({
    docId: docIdOf(sequence, position),
    id: document.id,
    title: document.title ?? null,
    text: document.text,
    attributes: attributesFromWire(document.attributes),
    list: document.list,
    dense: document.dense.length === 0 ? null : float32From(document.dense, 'a document vector'),
    terms: termsOf(document, weighting),
    tokens: tokensOf(document),
  }));
}

function termsOf(document: LogDocument, weighting: TermWeighting): IndexDocument['terms'] {
  if (document.sparse === undefined || document.sparse.termIds.length === 0) return null;
  const termIds = uint32From(document.sparse.termIds, 'term ids');
  const given = float32From(document.sparse.weights, 'term weights');
  const weights = weighting.kind === 'bm25' ? documentWeights(given, document.terms, weighting.averageLength) : given;
  return { termIds, weights };
}

function tokensOf(document: LogDocument): IndexDocument['tokens'] {
  if (document.tokens === undefined || document.tokens.count === 0) return null;
  const { count, rows, codec } = document.tokens;
  return { count, rows, codec };
}
