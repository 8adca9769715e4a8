/** Which of a model's representations answer a question: dense vectors, words, token vectors. */
import { ShoalError } from '../../base/errors.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { SearchMode, SparseRouting, type SearchRequest } from '../../proto/generated/shoal/v1/search.js';

export interface Representations {
  /** Which scores the answer is made of. */
  readonly dense: boolean;
  readonly sparse: boolean;
  readonly multi: boolean;
  /** MaxSim alone decides; the dense score only chose the candidates. */
  readonly multiOnly: boolean;
  /** Whether every shard is asked for its best lexical candidates. */
  readonly sparseSearch: boolean;
}

const denseOnly: Representations = { dense: true, sparse: false, multi: false, multiOnly: false, sparseSearch: false };

/** Those that `request` asks for of its text. INVALID_ARGUMENT for a mode that the collection's model cannot answer. */
export function representationsOf(request: SearchRequest, settings: CollectionSettings): Representations {
  const hasTokens = settings.tokenDim > 0;
  switch (request.mode) {
    case SearchMode.SEARCH_MODE_UNSPECIFIED:
    case SearchMode.SEARCH_MODE_HYBRID: {
      const isOff = request.sparse === SparseRouting.SPARSE_ROUTING_OFF;
      const isSearch = request.sparse === SparseRouting.SPARSE_ROUTING_SEARCH;
      const isRescore = request.sparse === SparseRouting.SPARSE_ROUTING_RESCORE || (isLearned(settings) && !isSearch);
      return { dense: true, sparse: !isOff, multi: hasTokens, multiOnly: false, sparseSearch: !isOff && !isRescore };
    }
    case SearchMode.SEARCH_MODE_DENSE:
      return denseOnly;
    case SearchMode.SEARCH_MODE_SPARSE:
      return { dense: false, sparse: true, multi: false, multiOnly: false, sparseSearch: true };
    case SearchMode.SEARCH_MODE_MULTI:
      if (hasTokens) return { dense: true, sparse: false, multi: true, multiOnly: true, sparseSearch: false };
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `the model of collection '${settings.name}' has no multi-vector head; use another mode`,
      );
    default:
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `mode ${String(request.mode)} is unknown; use hybrid, dense, sparse or multi`,
      );
  }
}

/** Those of a bare vector, which has no words and no tokens. INVALID_ARGUMENT for a mode that needs them. */
export function vectorRepresentations({ mode }: SearchRequest): Representations {
  if (mode === SearchMode.SEARCH_MODE_UNSPECIFIED || mode === SearchMode.SEARCH_MODE_DENSE) return denseOnly;
  throw new ShoalError('INVALID_ARGUMENT', 'a query vector can be searched in mode dense only; give the query as text');
}

/** Whether term weights come from a trained head rather than from counting words. */
export function isLearned(settings: CollectionSettings): boolean {
  return settings.sparseWeighting === 'learned';
}
