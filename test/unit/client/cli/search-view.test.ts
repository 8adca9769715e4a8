import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { answerText, coverageLine } from '../../../../client/cli/search-view.js';
import { colours } from '../../../../client/cli/format.js';
import type { Coverage, SearchAnswer } from '../../../../client/sdk/types.js';

const paint = colours({ stdout: new PassThrough(), env: {} });
const coverage: Coverage = {
  full: true,
  listsProbed: 4,
  listsTotal: 100,
  shardsContacted: 2,
  sparseShardsContacted: 3,
  shardsTotal: 3,
  listsMissing: [],
  shardsMissing: [],
  behind: false,
  reasons: [],
};
const timings = { encodeMs: 1, routeMs: 0, scatterMs: 0, mergeMs: 0, rerankMs: 0, fetchMs: 0, totalMs: 1 };

describe('an answer in text', () => {
  it('tells coverage in words', () => {
    assert.equal(coverageLine(coverage, paint), 'complete: 4 of 100 lists, 2 of 3 shards contacted, words on 3');
    assert.match(coverageLine({ ...coverage, behind: true }, paint), /a replica was behind its log/);
    const holes = { ...coverage, full: false, shardsMissing: [1, 2], listsMissing: [9], reasons: ['shard 1: gone'] };
    assert.match(coverageLine(holes, paint), /^partial: .*; missing 2 shards \(1, 2\) with 1 list\n {2}shard 1: gone$/);
  });

  it('fits the width, whatever the texts', () => {
    const hit = {
      id: 'i'.repeat(100),
      docId: 1n,
      score: 0.5,
      scores: { dense: 0.5, sparse: null, multi: null },
      passage: { start: 0, end: 0 },
      title: null,
      text: 'word '.repeat(100),
      attributes: {},
      shard: 0,
      matches: [],
    };
    const answer: SearchAnswer = { hits: [hit], coverage, uid: 'u', timings, explanation: null };
    const table = answerText(answer, { paint, width: 80, offset: 0 }).split('\n\n')[0] ?? '';
    for (const line of table.split('\n')) assert.ok([...line].length <= 80, line);
    assert.match(answerText({ ...answer, hits: [] }, { paint, width: 80, offset: 0 }), /^no hits\n/);
  });

  it('says why no word is matched with another', () => {
    const counts = { denseCandidates: 1, sparseCandidates: 0, reranked: 1 };
    const explanation = { queryTokens: ['shoes'], listsProbed: [0], shardsProbed: [0], ...counts, weights: null };
    const text = (matchesMissing: string): string =>
      answerText(
        { hits: [], coverage, uid: 'u', timings, explanation: { ...explanation, matchesMissing } },
        { paint, width: 80, offset: 0 },
      );
    assert.match(text('rows are pooled'), /\nno word is matched with another: rows are pooled$/);
    assert.doesNotMatch(text(''), /no word is matched/);
  });
});
