/** Many questions in one call: each has its own outcome, and not all are worked on at once. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { answerBatch, batchMax } from '../../../../coordinator/service/search-batch.js';
import { SearchRequest, SearchResponse } from '../../../../proto/generated/shoal/v1/search.js';

const requests = (count: number): SearchRequest[] =>
  Array.from({ length: count }, (_, i) => SearchRequest.fromPartial({ query: String(i) }));

const answerOf = ({ query }: SearchRequest): SearchResponse => SearchResponse.fromPartial({ uid: query });

describe('a batch of questions', () => {
  it('has the outcomes in the order of the questions, failures among them', async () => {
    const outcomes = await answerBatch(requests(20), async (request) => {
      if (request.query === '3') throw new ShoalError('NOT_FOUND', 'no such collection');
      return answerOf(request);
    });
    assert.deepEqual(
      outcomes.map(({ status, message, response }) => (status === 0 ? response?.uid : `${status} ${message}`)),
      requests(20).map(({ query }) => (query === '3' ? '5 no such collection' : query)),
    );
  });

  it('is worked on a few at a time', async () => {
    const state = { now: 0, most: 0 };
    await answerBatch(requests(50), async (request) => {
      state.now += 1;
      state.most = Math.max(state.most, state.now);
      await Promise.resolve();
      state.now -= 1;
      return answerOf(request);
    });
    assert.equal(state.most, 8);
  });

  it('is refused above its limit', async () => {
    const many = answerBatch(requests(batchMax + 1), async (request) => answerOf(request));
    await assert.rejects(many, {
      code: 'INVALID_ARGUMENT',
      message: '1001 questions in one request, the limit is 1000; send less at once',
    });
    assert.deepEqual(await answerBatch([], async (request) => answerOf(request)), []);
  });

  it('leaves out an answer that does not fit beside the others', async () => {
    const text = 'x'.repeat(40 * 1024 * 1024);
    const outcomes = await answerBatch(requests(3), async ({ query }) =>
      SearchResponse.fromPartial({ uid: query, hits: query === '2' ? [] : [{ text }] }),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), [0, 0, 8]);
    assert.match(outcomes.find(({ status }) => status === 8)?.message ?? '', /ask fewer questions at once/);
  });
});
