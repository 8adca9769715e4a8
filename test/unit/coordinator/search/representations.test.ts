/** Which of a model's representations answer in each mode. */
import assert from 'node:assert/strict';
import {
  isLearned,
  representationsOf,
  vectorRepresentations,
  type Representations,
} from '../../../../coordinator/search/representations.js';
import type { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { SearchMode, SearchRequest, SparseRouting } from '../../../../proto/generated/shoal/v1/search.js';
import { settings } from '../fixtures.js';

type Request = Parameters<typeof SearchRequest.fromPartial>[0];

const learned = settings({ sparseWeighting: 'learned' });

function ask(request: Request, of: CollectionSettings = settings()): Representations {
  return representationsOf(SearchRequest.fromPartial(request), of);
}

function refusal(request: Request, message: RegExp, of: CollectionSettings): void {
  assert.throws(() => ask(request, of), { code: 'INVALID_ARGUMENT', message });
}

describe('the mode of a question', () => {
  const stages = (request: Request, of?: CollectionSettings): boolean[] => {
    const { dense, sparse, multi, multiOnly, sparseSearch } = ask(request, of);
    return [dense, sparse, multi, multiOnly, sparseSearch];
  };

  it('says which scores count', () => {
    assert.deepEqual(stages({ mode: SearchMode.SEARCH_MODE_HYBRID }), [true, true, true, false, true]);
    assert.deepEqual(stages({ mode: SearchMode.SEARCH_MODE_DENSE }), [true, false, false, false, false]);
    assert.deepEqual(stages({ mode: SearchMode.SEARCH_MODE_SPARSE }), [false, true, false, false, true]);
    assert.deepEqual(stages({ mode: SearchMode.SEARCH_MODE_MULTI }), [true, false, true, true, false]);
  });

  it('searches by words for BM25, rescores for learned weights, unless told otherwise', () => {
    const sparseOf = (routing: SparseRouting, of?: CollectionSettings): boolean[] => {
      const { sparse, sparseSearch } = ask({ sparse: routing }, of);
      return [sparse, sparseSearch];
    };
    assert.deepEqual(sparseOf(SparseRouting.SPARSE_ROUTING_UNSPECIFIED), [true, true]);
    assert.deepEqual(sparseOf(SparseRouting.SPARSE_ROUTING_UNSPECIFIED, learned), [true, false]);
    assert.deepEqual(sparseOf(SparseRouting.SPARSE_ROUTING_SEARCH, learned), [true, true]);
    assert.deepEqual(sparseOf(SparseRouting.SPARSE_ROUTING_RESCORE), [true, false]);
    assert.deepEqual(sparseOf(SparseRouting.SPARSE_ROUTING_OFF), [false, false]);
  });

  it('multi is refused where the model has no such head, and left out of hybrid', () => {
    const noTokens = settings({ tokenDim: 0 });
    refusal({ mode: SearchMode.SEARCH_MODE_MULTI }, /has no multi-vector head; use another mode/, noTokens);
    assert.equal(ask({}, noTokens).multi, false);
  });
});

describe('the mode of a bare vector', () => {
  it('is dense, and refused as any other', () => {
    const { dense, sparse, multi } = vectorRepresentations(SearchRequest.fromPartial({}));
    assert.deepEqual([dense, sparse, multi], [true, false, false]);
    const words = SearchRequest.fromPartial({ mode: SearchMode.SEARCH_MODE_SPARSE });
    assert.throws(() => vectorRepresentations(words), { code: 'INVALID_ARGUMENT', message: /in mode dense only/ });
  });
});

describe('term weights', () => {
  it('are learned or counted', () => {
    assert.deepEqual([isLearned(learned), isLearned(settings())], [true, false]);
  });
});
