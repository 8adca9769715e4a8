import assert from 'node:assert/strict';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import { byExample } from '../../../../coordinator/search/like.js';
import type { Question } from '../../../../coordinator/search/question.js';
import { LocatedIds } from '../../../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { ShardDocuments } from '../../../../proto/generated/shoal/v1/shard.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, floats, longs, peersOf, question, servingMap, viewOf, words } from '../fixtures.js';

/** Document `a` exists, with `vector`. */
function ask(changes: Partial<Question>, vector: Buffer | undefined, record?: LogDocument): Promise<Question> {
  const marks = [{ subject: 'shoal.u1.1.0', sequence: 3n }];
  const peers = peersOf({
    locate: async (_, { ids }) => ({
      located: LocatedIds.fromPartial({
        docIds: longs(ids[0] === 'a' ? 9n : 0n),
        places: words(ids[0] === 'a' ? 0 : 0xffff_ffff),
        marks,
      }),
    }),
    fetch: async (_, { withVectors }) => {
      assert.equal(withVectors, true);
      return {
        shards: [ShardDocuments.fromPartial({ documents: [{ docId: 9n, document: { id: 'a', vector }, record }] })],
      };
    },
  });
  const appenders = { writtenUpTo: () => 0n } as unknown as Appenders;
  const parts = { view: viewOf(servingMap(1)), peers, appenders, clock: new FakeClock() };
  return byExample(question(changes), parts, deadlineOf());
}

describe('a question by example', () => {
  it('takes the vector of the document', async () => {
    const { vector, like } = await ask({ like: 'a' }, floats(3, 4));
    assert.deepEqual([vector, like], [Float32Array.of(3, 4), 'a']);
  });

  it('takes the vector of the first passage where the document has several', async () => {
    const record = LogDocument.fromPartial({ id: 'a', further: [{ id: 'a', passage: 1, dense: floats(5, 6) }] });
    const { vector } = await ask({ like: 'a' }, floats(3, 4), record);
    assert.deepEqual(vector, Float32Array.of(3, 4));
  });

  it('is any other question where no document is named', async () => {
    assert.equal((await ask({}, undefined)).vector, null);
  });

  it('needs a document that exists and has a vector', async () => {
    await assert.rejects(ask({ like: 'x' }, undefined), {
      code: 'NOT_FOUND',
      message: "document 'x' does not exist in collection 'notes'",
    });
    await assert.rejects(ask({ like: 'a' }, undefined), {
      code: 'FAILED_PRECONDITION',
      message: "document 'a' of collection 'notes' has no vector; search by a vector or by text",
    });
  });
});
