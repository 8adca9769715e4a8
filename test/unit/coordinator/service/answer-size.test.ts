import assert from 'node:assert/strict';
import { checkAnswerSize } from '../../../../coordinator/service/answer-size.js';
import { Hit, SearchResponse } from '../../../../proto/generated/shoal/v1/search.js';

const hit = (changes: Parameters<typeof Hit.fromPartial>[0]): Hit =>
  Hit.fromPartial({ id: 'é', docId: 2n ** 62n, score: 0.5, scores: { dense: 1, sparse: 2, multi: 3 }, ...changes });

const refused = { code: 'RESOURCE_EXHAUSTED' };

describe('the size of an answer', () => {
  const cases: Record<string, Parameters<typeof Hit.fromPartial>[0]> = {
    'long texts': { title: 'ü'.repeat(1_000), text: '€'.repeat(100_000), passage: { start: 0, end: 100_000 } },
    attributes: {
      attributes: {
        tags: { listValue: { values: Array.from({ length: 500 }, () => ({ stringValue: 'word' })) } },
        year: { int64Value: -1n },
        when: { timestampValue: new Date(0) },
      },
    },
    matches: {
      matches: Array.from({ length: 500 }, () => ({
        queryToken: 'fear',
        documentToken: 'dread',
        score: 1,
        start: 70_000,
        end: 70_005,
      })),
    },
    'nothing but numbers': {},
  };
  for (const [name, changes] of Object.entries(cases)) {
    it(`counts ${name}`, () => {
      const hits = Array.from({ length: 20 }, () => hit(changes));
      const bytes = SearchResponse.encode(SearchResponse.fromPartial({ hits })).finish().length;
      assert.throws(() => checkAnswerSize(hits, bytes - 1), refused);
      checkAnswerSize(hits, bytes + 20 * 6);
    });
  }

  it('above the limit is told with the limit and what to do', () => {
    const message = /^the answer has \d+ bytes with 1 hit, above the limit of 10; ask for a smaller k$/;
    assert.throws(() => checkAnswerSize([hit({})], 10), { ...refused, message });
  });
});
