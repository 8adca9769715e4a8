/** A document of several passages is read whole, from whichever shards hold them. */
import assert from 'node:assert/strict';
import { uint64From } from '../../../../base/bytes.js';
import { withPassages } from '../../../../coordinator/documents/passages.js';
import { AwaitCommittedResponse } from '../../../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { FetchedDocument, ShardDocuments, type FetchRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { float16Rows } from '../../../../vector-index/codebook/float16-rows.js';
import { deadlineOf, floats, peersOf, servingMap, settings, viewOf } from '../fixtures.js';

const passage = (number: number, changes: Partial<LogDocument> = {}): LogDocument =>
  LogDocument.fromPartial({
    id: 'a',
    dense: floats(number, 0),
    passage: number,
    start: number,
    end: number + 1,
    ...changes,
  });

/** Document 9 is at shard 0, which has list 0, with what `found` says. */
const fetched = (found: Parameters<typeof FetchedDocument.fromPartial>[0] = {}): FetchedDocument =>
  FetchedDocument.fromPartial({
    docId: 9n,
    end: 1,
    document: { id: 'a', text: 'abc', vector: floats(7, 0) },
    record: passage(0),
    ...found,
  });

async function read(
  found: readonly FetchedDocument[],
  shards: number,
  elsewhere: readonly LogDocument[] = [],
): Promise<{ readonly documents: readonly FetchedDocument[]; readonly requests: readonly FetchRequest[] }> {
  const requests: FetchRequest[] = [];
  const peers = peersOf({
    awaitCommitted: async (_, { sequence, subjects }) =>
      AwaitCommittedResponse.fromPartial({ last: subjects.map((subject) => ({ subject, sequence })) }),
    fetch: async (_, request) => {
      requests.push(request);
      const [record, ...further] = elsewhere;
      const isThere = record !== undefined && request.shards[0]?.ref?.shard === 2;
      const documents = isThere ? [{ docId: 9n, record: { ...record, further } }] : [];
      return { shards: [ShardDocuments.fromPartial({ shard: request.shards[0]?.ref?.shard ?? 0, documents })] };
    },
  });
  const parts = { view: viewOf(servingMap(shards)), peers, deadline: deadlineOf(), heard: 42n };
  return { documents: await withPassages(found, settings(), parts), requests };
}

describe('a document with its passages', () => {
  it('is as it was where it has one', async () => {
    const { documents, requests } = await read([fetched()], 1);
    assert.deepEqual(documents, [{ ...fetched(), record: undefined }]);
    assert.equal(requests.length, 0);
  });

  it('has those of its own shard in their order, instead of a vector', async () => {
    const tokens = { count: 1, rows: Buffer.from(float16Rows(Float32Array.of(0.5, -1))), codec: '', pooled: false };
    const record = passage(0, { further: [passage(2), passage(1, { tokens })] });
    const { documents } = await read([fetched({ record })], 1);
    const document = documents[0]?.document;
    assert.equal(document?.vector, undefined);
    assert.deepEqual(
      document?.passages.map(({ vector, start, end }) => [vector, start, end]),
      [
        [floats(7, 0), 0, 1],
        [floats(1, 0), 1, 2],
        [floats(2, 0), 2, 3],
      ],
    );
    assert.deepEqual(document.passages[1]?.tokens?.rows, floats(0.5, -1));
    assert.equal(document.text, 'abc');
  });

  it('has those of other shards too, which must have heard what was written', async () => {
    const { documents, requests } = await read([fetched()], 3, [passage(3), passage(1)]);
    assert.deepEqual(
      documents[0]?.document?.passages.map(({ start }) => start),
      [0, 1, 3],
    );
    assert.deepEqual(
      requests.map(({ shards: [asked], withRecord }) => [
        asked?.ref?.shard,
        [...uint64From(asked?.docIds ?? Buffer.alloc(0), 'docIds')],
        asked?.required[0]?.sequence,
        withRecord,
      ]),
      [
        [1, [9n], 42n, true],
        [2, [9n], 42n, true],
      ],
    );
  });
});
