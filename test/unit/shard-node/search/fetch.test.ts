/** What users see of documents, by docId, by id, and in order. */
import assert from 'node:assert/strict';
import { fetch, lookup, readDocuments } from '../../../../shard-node/search/fetch.js';
import { float16Rows } from '../../../../vector-index/codebook/float16-rows.js';
import { FetchRequest, ReadDocumentsRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { floats, logDocument, longs, ref, uid, withDocuments, words } from '../fixtures.js';

const sparse = { termIds: words(1), weights: floats(2) };
const attributes = { year: { int64Value: 5n } };
const tokens = { count: 1, rows: Buffer.from(float16Rows(Float32Array.of(0.5, -1))) };
const documents = [logDocument('a', { title: 'T', attributes, sparse, tokens }), logDocument('b', { text: '' })];
/** Of a document of one passage, fetched without its record. */
const bare = { passage: 0, start: 0, end: 0, home: 0, record: undefined };
const withTokens = { tokenDim: 2 };

const fetchRequest = (docIds: Buffer, withVectors = false): FetchRequest =>
  FetchRequest.fromPartial({ uid, shards: [{ ref, docIds }], withVectors });
const readRequest = (changes: Parameters<typeof ReadDocumentsRequest.fromPartial>[0]): ReadDocumentsRequest =>
  ReadDocumentsRequest.fromPartial({ uid, ref, limit: 10, ...changes });

describe('fetching from a shard node', () => {
  it('gives those that are there, in the order asked', () =>
    withDocuments(
      documents,
      async (replicas, { deadline }) => {
        const [part] = (await fetch(fetchRequest(longs(4_097n, 99n, 4_096n)), replicas, deadline)).shards;
        assert.equal(part?.unread, 0);
        assert.deepEqual(part.documents, [
          {
            ...bare,
            docId: 4_097n,
            document: { id: 'b', text: '', attributes: {}, sparse: undefined, tokens: undefined, passages: [] },
          },
          {
            ...bare,
            docId: 4_096n,
            document: {
              id: 'a',
              title: 'T',
              text: 'text of a',
              attributes: part.documents[1]?.document?.attributes,
              sparse: undefined,
              tokens: undefined,
              passages: [],
            },
          },
        ]);
        assert.equal(part.documents[1]?.document?.attributes['year']?.int64Value, 5n);
      },
      withTokens,
    ));

  it('gives vectors where asked, uncoded tokens as float32', () =>
    withDocuments(
      documents,
      async (replicas, { deadline }) => {
        const [part] = (await fetch(fetchRequest(longs(4_096n), true), replicas, deadline)).shards;
        const document = part?.documents[0]?.document;
        assert.deepEqual(
          [document?.vector, document?.sparse, document?.tokens],
          [floats(1, 0), sparse, { count: 1, rows: floats(0.5, -1), codec: '' }],
        );
      },
      withTokens,
    ));

  it('leaves for another request what would make an answer too large', () =>
    withDocuments(
      Array.from({ length: 4 }, (_, i) => logDocument(String(i), { text: 'x'.repeat(900 * 1024) })),
      async (replicas, { deadline }) => {
        const all = longs(4_096n, 4_097n, 4_098n, 4_099n);
        const [part] = (await fetch(fetchRequest(all), replicas, deadline)).shards;
        assert.deepEqual([part?.documents.length, part?.unread], [1, 3]);
        const read = readDocuments(readRequest({}), replicas);
        assert.deepEqual([read.documents.length, read.done], [1, false]);
        const rest = readDocuments(readRequest({ after: 4_098n }), replicas);
        assert.deepEqual(
          rest.documents.map(({ docId }) => docId),
          [4_099n],
        );
        assert.equal(rest.done, true);
      },
    ));

  it('counts attributes too, so that documents with large ones can be read together', () =>
    withDocuments(
      Array.from({ length: 4 }, (_, i) =>
        logDocument(String(i), { attributes: { big: { stringValue: 'y'.repeat(1024 * 1024) } } }),
      ),
      async (replicas, { deadline }) => {
        const [part] = (await fetch(fetchRequest(longs(4_096n, 4_097n, 4_098n, 4_099n)), replicas, deadline)).shards;
        assert.deepEqual([part?.documents.length, part?.unread], [1, 3]);
        const read = readDocuments(readRequest({}), replicas);
        assert.deepEqual([read.documents.length, read.done], [1, false]);
      },
    ));

  it('says in a shard’s part that it is not held here', () =>
    withDocuments([], async (replicas, { deadline }) => {
      const request = FetchRequest.fromPartial({
        uid,
        shards: [{ ref: { shard: 3, generation: 1n }, docIds: longs(1n) }],
      });
      const [part] = (await fetch(request, replicas, deadline)).shards;
      assert.deepEqual([part?.shard, part?.status, part?.documents], [3, 9, []]);
    }));
});

describe('looking up ids', () => {
  it('gives the newest docId of each, 0 where there is none, once the wanted position is applied', () =>
    withDocuments(
      documents,
      async (replicas, { write, deadline }) => {
        const request = { uid, ref, ids: ['b', 'x', 'a'], minSequence: 2n };
        const waiting = lookup(request, replicas, deadline);
        await write(logDocument('b'));
        assert.deepEqual((await waiting).docIds, longs(2n * 4_096n, 0n, 4_096n));
      },
      withTokens,
    ));
});

describe('reading documents in order', () => {
  it('gives those above a docId, ascending, and says when none follows', () =>
    withDocuments(
      [...documents, logDocument('c')],
      async (replicas) => {
        const ids = (changes: Parameters<typeof readRequest>[0]): [string[], boolean] => {
          const { documents: found, done } = readDocuments(readRequest(changes), replicas);
          return [found.map(({ document }) => document?.id ?? ''), done];
        };
        assert.deepEqual(ids({}), [['a', 'b', 'c'], true]);
        assert.deepEqual(ids({ limit: 2 }), [['a', 'b'], false]);
        assert.deepEqual(ids({ after: 4_097n, limit: 1 }), [['c'], false]);
        assert.deepEqual(ids({ after: 4_098n }), [[], true]);
      },
      withTokens,
    ));

  it('refuses a limit out of range', () =>
    withDocuments([], async (replicas) => {
      for (const limit of [0, 4_097]) {
        assert.throws(() => readDocuments(readRequest({ limit }), replicas), {
          code: 'INVALID_ARGUMENT',
          message: `limit is ${limit}; it must be 1 to 4096`,
        });
      }
    }));
});
