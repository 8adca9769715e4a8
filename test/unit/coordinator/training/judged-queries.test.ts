import assert from 'node:assert/strict';
import { bufferOf, float32From, uint32From, uint64From } from '../../../../base/bytes.js';
import type { Encoders } from '../../../../coordinator/encoders.js';
import { judgedQueries } from '../../../../coordinator/training/judged-queries.js';
import { EncodeResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import { SmallWorld } from '../documents/small-world.js';
import { deadlineOf, settings } from '../fixtures.js';

/** The vector of 'q 5' is (5, 0); of anything else there is none. */
const encoders = {
  encode: async (_: unknown, { texts }: { readonly texts: readonly { readonly text: string }[] }) =>
    EncodeResponse.fromPartial({
      encodings: texts.map(({ text }) => {
        const number = Number(text.split(' ')[1]);
        return { dense: Number.isNaN(number) ? Buffer.alloc(0) : bufferOf(Float32Array.of(number, 0)) };
      }),
    }),
} as unknown as Encoders;
const relevant = (...ids: string[]): { readonly ids: string[] } => ({ ids });

function judged(queries: readonly string[], all: readonly { readonly ids: string[] }[], changes = {}) {
  const world = new SmallWorld();
  for (let number = 0; number < 9; number += 1)
    world.put(`d${number}`, { docId: BigInt(100 + number), shard: number % 2 });
  const request = { queries: [...queries], relevant: [...all], seed: 1 };
  return judgedQueries(request, settings(changes), { ...world.parts, encoders }, deadlineOf(60_000, world.clock));
}

describe('judged queries', () => {
  it('become vectors and docIds, equal texts together, without those that have no vector', async () => {
    const all = [relevant('d1', 'd2'), relevant('d3'), relevant('d4'), relevant('d2', 'd5')];
    const found = await judged(['q 1', 'none', 'q 2', ' q 1 '], all);
    assert.deepEqual([...float32From(found.queries, '')], [1, 0, 2, 0]);
    assert.deepEqual([...uint64From(found.relevant, '')], [101n, 102n, 105n, 104n]);
    assert.deepEqual([...uint32From(found.relevantCounts, '')], [3, 1]);
  });

  it('that name what does not exist are refused, with some of the names', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await assert.rejects(judged(['q 1'], [relevant('d1', ...names)]), {
      code: 'INVALID_ARGUMENT',
      message: /name 6 documents that collection 'notes' does not have: 'a', 'b', 'c', 'd', 'e', …; leave them out/,
    });
    await assert.rejects(judged(['q 1'], [relevant('d1', 'a')]), /name 1 document that collection/);
  });

  it('of a model with another dimension are refused', async () => {
    await assert.rejects(judged(['q 1'], [relevant('d1')], { dim: 3 }), {
      code: 'FAILED_PRECONDITION',
      message: /gives vectors of 2 values, collection 'notes' has 3/,
    });
  });
});
