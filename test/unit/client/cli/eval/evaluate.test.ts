import assert from 'node:assert/strict';
import { evaluate, trecRun } from '../../../../../client/cli/eval/evaluate.js';
import { withClient } from '../../with-client.js';

describe('an evaluation', () => {
  it('asks for 100 hits and a full answer, once a query beside the warm-up', () =>
    withClient(async (client, fake) => {
      await client.collections.create('shop');
      await client.documents.upsert('shop', [{ id: 'd1', text: 'shoes' }]);
      const questions = { queries: new Map([['q1', 'shoes']]), judged: new Map([['q1', new Map([['d1', 1]])]]) };
      const done: number[] = [];
      const onProgress = (count: number): void => void done.push(count);
      const evaluation = await evaluate(client, { collection: 'shop', mode: 'dense', questions, onProgress });
      assert.deepEqual([evaluation.ndcgAt10, evaluation.latency.p50Ms, done], [1, 3, [1]]);
      assert.deepEqual(
        fake.searches.map((request) => [request.k, request.requireFull]),
        [
          [100, true],
          [100, true],
        ],
      );
      assert.equal(trecRun(evaluation), 'q1 Q0 d1 1 1 shoal-dense\n');
    }));
});
