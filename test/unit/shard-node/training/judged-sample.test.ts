import assert from 'node:assert/strict';
import { bufferOf } from '../../../../base/bytes.js';
import { seededRandom } from '../../../../base/random.js';
import { judgedSample } from '../../../../shard-node/training/judged-sample.js';

/** Document 5 has two passages, 9 is gone. */
const index = {
  sampleAround: async (docIds: BigUint64Array, { count }: { readonly count: number }) => {
    const rows = Array.from(docIds, (docId, owner) =>
      docId === 9n ? [] : Array.from({ length: docId === 5n ? 2 : 1 }, () => [Number(docId), owner]),
    ).flat();
    return {
      own: {
        vectors: Float32Array.from(rows.flatMap(([docId]) => [docId!, 0])),
        owners: Uint32Array.from(rows, ([, owner]) => owner!),
      },
      others: new Float32Array(2 * count).fill(-1),
    };
  },
};
const options = { dim: 2, index, rows: 6, random: seededRandom(1), signal: new AbortController().signal };
const request = {
  queries: bufferOf(Float32Array.of(1, 1, 2, 2, 3, 3)),
  relevant: bufferOf(BigUint64Array.of(5n, 4n, 9n, 4n, 4n)),
  relevantCounts: bufferOf(Uint32Array.of(2, 1, 2)),
};

describe('the sample of a training from judgements', () => {
  it('has what is relevant first, all its passages, then others; queries of what is gone are left out', async () => {
    const { vectors, queries, relevant } = await judgedSample(request, options);
    assert.deepEqual([...vectors], [5, 0, 5, 0, 4, 0, -1, -1, -1, -1, -1, -1]);
    assert.deepEqual([...queries], [1, 1, 3, 3]);
    assert.deepEqual(
      relevant.map((rows) => [...rows]),
      [[0, 1, 2], [2]],
    );
  });

  it('is refused where columns do not fit each other, and where it were too large', async () => {
    const refused = async (changes: object, message: RegExp, rows = 6): Promise<void> =>
      assert.rejects(judgedSample({ ...request, ...changes }, { ...options, rows }), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    await refused(
      { relevantCounts: bufferOf(Uint32Array.of(2, 1)) },
      /3 queries come with judgements of 2, which name 3/,
    );
    await refused({ relevant: bufferOf(BigUint64Array.of(5n)) }, /name 5 documents, and 1 are given/);
    await refused({ queries: bufferOf(Float32Array.of(1, 1, 2, 2, 3)) }, /2.5 queries come with judgements of 3/);
    await refused({}, /3 documents were judged relevant, and a training takes 2 vectors/, 2);
  });
});
