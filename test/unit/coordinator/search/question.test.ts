/** Every field of a search request: its default, its range, and the words of its refusal. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import { dimMax } from '../../../../coordinator/collections/validate.js';
import { questionOf } from '../../../../coordinator/search/question.js';
import type { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { SearchMode, SearchRequest } from '../../../../proto/generated/shoal/v1/search.js';
import { bareSettings, floats, settings } from '../fixtures.js';

type Request = Parameters<typeof SearchRequest.fromPartial>[0];

const learned = settings({ sparseWeighting: 'learned' });

function ask(request: Request, of: CollectionSettings = settings()): ReturnType<typeof questionOf> {
  return questionOf(SearchRequest.fromPartial({ query: 'words', ...request }), of, 1_000);
}

function refusal(request: Request, message: RegExp, of: CollectionSettings = settings()): void {
  assert.throws(() => ask(request, of), { code: 'INVALID_ARGUMENT', message });
}

describe('a question', () => {
  it('has defaults for all but the words', () => {
    const { settings: _, ...rest } = ask({});
    assert.deepEqual(rest, {
      text: 'words',
      vector: null,
      like: null,
      k: 10,
      offset: 0,
      dense: true,
      sparse: true,
      multi: true,
      multiOnly: false,
      sparseSearch: true,
      candidates: 100,
      nprobe: 0,
      exact: false,
      filter: null,
      isNarrowed: false,
      weights: { dense: 1, sparse: 0.1, multi: 1 },
      rrf: false,
      scoreThreshold: null,
      explain: false,
      minSequence: 0n,
      requireFull: false,
    });
  });

  it('takes k + offset up to 10,000 and refuses more', () => {
    assert.equal(ask({ k: 10_000 }).candidates, 10_000);
    refusal({ k: 10_001 }, /^k \+ offset is 10001; it must be 1 to 10000, scroll reads whole collections$/);
    refusal({ k: 1, offset: 10_000 }, /k \+ offset is 10001/);
    refusal({ offset: 9_991 }, /k \+ offset is 10001/);
  });

  it('has at least as many candidates as hits', () => {
    assert.equal(ask({ k: 300, offset: 50 }).candidates, 350);
    assert.equal(ask({ k: 300, candidates: 20 }).candidates, 300);
    assert.equal(ask({ k: 5, candidates: 20 }).candidates, 20);
    refusal({ candidates: 10_001 }, /^candidates is 10001; it must be at most 10000$/);
  });

  it('refuses a query without words or with too many', () => {
    refusal({ query: '' }, /^the query is empty; give some words$/);
    refusal({ query: ' \n' }, /the query is empty/);
    assert.equal(ask({ query: 'x'.repeat(32_768) }).text.length, 32_768);
    refusal({ query: 'x'.repeat(32_769) }, /^the query has 32769 characters, the limit is 32768; shorten it$/);
  });

  it('refuses a mode that it does not know', () => {
    refusal({ mode: 9 as SearchMode }, /^mode 9 is unknown; use hybrid, dense, sparse or multi$/);
  });

  it('keeps position and uid of the own write apart', () => {
    assert.equal(ask({ minSequence: 7n, minSequenceUid: 'u1' }).minSequence, 7n);
    assert.throws(() => ask({ minSequence: 7n, minSequenceUid: 'u0' }), {
      code: 'FAILED_PRECONDITION',
      message: /min_sequence belongs to uid u0, collection 'notes' is now u1/,
    });
  });
});

describe('a query vector', () => {
  it('asks for the dense score alone', () => {
    const asked = ask({ query: '', vector: floats(3, 4) }, bareSettings());
    assert.deepEqual([...(asked.vector ?? [])], [3, 4]);
    assert.deepEqual([asked.dense, asked.sparse, asked.multi, asked.sparseSearch], [true, false, false, false]);
  });

  it('has to have the collection’s size and finite numbers', () => {
    refusal({ vector: floats(1, 2, 3) }, /^the query vector has 3 dimensions, collection 'notes' has 2$/);
    refusal({ vector: Buffer.alloc(7) }, /^the query vector has 7 bytes, which is not a multiple of 4$/);
    refusal({ vector: floats(1, NaN) }, /^the query vector has a number that is not finite; clean the input$/);
    refusal({ vector: floats(1, -Infinity) }, /not finite/);
  });

  it('has numbers as large as those of documents, so that no score is infinite', () => {
    assert.deepEqual([...(ask({ vector: floats(65_504, -65_504) }).vector ?? [])], [65_504, -65_504]);
    const beyond = 'beyond ±65504, with which scores may overflow; scale it, the order of hits stays$';
    refusal({ vector: floats(1, 65_505) }, new RegExp(`^the query vector has the value 65505 at 1, ${beyond}`));
    refusal({ vector: floats(-(2 ** 127), 2 ** 127) }, new RegExp(`the value -1\\.7.*e\\+38 at 0, ${beyond}`));
    const worst = Float32Array.from({ length: dimMax }, () => limits.vectorValueMax);
    const score = worst.reduce((sum, value) => Math.fround(sum + Math.fround(value * value)), 0);
    assert.ok(Number.isFinite(Math.fround(score * score)), 'the largest score of all, and its square, are float32');
  });

  it('is refused in other modes, and is needed where there is no model', () => {
    refusal({ vector: floats(1, 2), mode: SearchMode.SEARCH_MODE_HYBRID }, /in mode dense only/);
    refusal({}, /^collection 'notes' has no encoder model; search it by vector$/, bareSettings());
  });
});

describe('a question by example', () => {
  it('is about another document and nothing else', () => {
    const asked = ask({ query: '', like: 'a' }, bareSettings());
    assert.deepEqual([asked.like, asked.dense, asked.sparse, asked.multi], ['a', true, false, false]);
    assert.equal(asked.candidates, 101, 'the document itself is found too');
    assert.equal(ask({ query: '', like: 'a', k: 10_000 }).candidates, 10_000);
    refusal({ like: 'a' }, /^like stands beside a query or a vector; give one of them$/);
    refusal({ query: '', like: 'a', vector: floats(1, 2) }, /like stands beside/);
    refusal({ query: '', like: 'a', mode: SearchMode.SEARCH_MODE_SPARSE }, /in mode dense only/);
  });
});

describe('an exact question', () => {
  it('probes all lists whatever is said of them', () => {
    const { exact, nprobe } = ask({ exact: true, nprobe: 3 });
    assert.deepEqual([exact, nprobe], [true, 0]);
  });
});

describe('the filter of a question', () => {
  const dated = settings({
    attributes: { year: AttributeType.ATTRIBUTE_TYPE_INT64, until: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP },
    expiresBy: 'until',
  });

  it('is compiled with the collection’s types, and refused with the place in its text', () => {
    const { filter } = ask({ filter: 'year >= 1990' }, settings({ attributes: dated.attributes }));
    assert.equal(filter?.comparison?.attribute, 'year');
    refusal({ filter: 'year >=' }, /1/, dated);
  });

  it('leaves out what has expired by now', () => {
    const { filter } = ask({}, dated);
    assert.equal(filter?.noneOf?.comparison?.attribute, 'until');
    assert.equal(filter.noneOf.comparison.values[0]?.timestampValue?.getTime(), 1_000);
  });
});

describe('the threshold of a question', () => {
  it('is a number', () => {
    assert.equal(ask({ scoreThreshold: -0.5 }).scoreThreshold, -0.5);
    refusal({ scoreThreshold: NaN }, /^score_threshold is not a number/);
  });
});

describe('the weights of a question', () => {
  const weighted = (dense: number, sparse: number, multi: number): Request => ({ weights: { dense, sparse, multi } });

  it('default to those of the kind of term weights', () => {
    assert.deepEqual(ask({}, learned).weights, { dense: 1, sparse: 0.3, multi: 1 });
    assert.deepEqual(ask(weighted(0, 2, 0)).weights, { dense: 0, sparse: 2, multi: 0 });
  });

  it('are finite numbers from 0 on, not all 0', () => {
    refusal(weighted(0, 0, 0), /^weights are 0,0,0; give three numbers from 0 on, not all 0$/);
    refusal(weighted(1, -1, 0), /weights are 1,-1,0/);
    refusal(weighted(1, NaN, 0), /weights are 1,NaN,0/);
  });
});
