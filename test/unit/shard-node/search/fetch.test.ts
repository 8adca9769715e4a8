/** What users see of documents, by docId, by id, and in order. */
import assert from 'node:assert/strict';
import { fetch } from '../../../../shard-node/search/fetch.js';
import { float16Rows } from '../../../../vector-index/codebook/float16-rows.js';
import { FetchRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { floats, logDocument, longs, mark, ref, uid, withDocuments, words } from '../fixtures.js';

const sparse = { termIds: words(1), weights: floats(2) };
const attributes = { year: { int64Value: 5n } };
const tokens = { count: 1, rows: Buffer.from(float16Rows(Float32Array.of(0.5, -1))) };
const documents = [logDocument('a', { title: 'T', attributes, sparse, tokens }), logDocument('b', { text: '' })];
/** Of a document of one passage, fetched without its record. */
const bare = { passage: 0, start: 0, end: 0, home: 0, record: undefined };
const withTokens = { tokenDim: 2 };

const fetchRequest = (docIds: Buffer, withVectors = false): FetchRequest =>
  FetchRequest.fromPartial({ uid, shards: [{ ref, docIds }], withVectors });

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
          [floats(1, 0), sparse, { count: 1, rows: floats(0.5, -1), codec: '', pooled: false }],
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

describe('fetching passages', () => {
  const further = { id: '', text: '', passage: 2, start: 5, end: 9, dense: floats(0, 1), list: 0 };
  const withPassages = [logDocument('a', { sparse, terms: 9, further: [further] }), logDocument('b')];
  const asked = (changes: Parameters<typeof FetchRequest.fromPartial>[0]): FetchRequest =>
    FetchRequest.fromPartial({ uid, ...changes });

  it('gives the one that is named', () =>
    withDocuments(withPassages, async (replicas, { deadline }) => {
      const shards = [{ ref, docIds: longs(4_096n, 4_096n, 4_097n), passages: words(2, 1, 0) }];
      const [part] = (await fetch(asked({ shards, withVectors: true }), replicas, deadline)).shards;
      assert.deepEqual(
        part?.documents.map(({ passage, start, end, document }) => [passage, start, end, document?.vector]),
        [
          [2, 5, 9, floats(0, 1)],
          [0, 0, 0, floats(1, 0)],
        ],
      );
      assert.deepEqual(
        part?.documents.map(({ document }) => document?.id),
        ['a', 'b'],
      );
    }));

  it('gives a document as the log had it, with its further passages and final weights', () =>
    withDocuments(withPassages, async (replicas, { deadline }) => {
      const shards = [{ ref, docIds: longs(4_096n) }];
      const [part] = (await fetch(asked({ shards, withRecord: true }), replicas, deadline)).shards;
      const record = part?.documents[0]?.record;
      assert.deepEqual([record?.id, record?.weighted, record?.sparse?.weights], ['a', true, floats(2)]);
      assert.deepEqual(
        record?.further.map(({ id, passage, dense }) => [id, passage, dense]),
        [['a', 2, floats(0, 1)]],
      );
    }));

  it('leaves out what the filter does not let through, and says which', () =>
    withDocuments([...withPassages, logDocument('c', { attributes })], async (replicas, { deadline }) => {
      const shards = [{ ref, docIds: longs(4_096n, 4_098n, 99n) }];
      const [part] = (await fetch(asked({ shards, filter: { has: 'year' } }), replicas, deadline)).shards;
      assert.deepEqual(
        part?.documents.map(({ docId }) => docId),
        [4_098n],
      );
      assert.deepEqual([part?.unmatched, part?.unread], [longs(4_096n), 0]);
    }));

  it('waits for what is required, and refuses what the replica does not hear', () =>
    withDocuments([], async (replicas, { write, deadline }) => {
      const shards = [{ ref, docIds: longs(4_096n), required: mark(1n) }];
      const waiting = fetch(asked({ shards }), replicas, deadline);
      await write(logDocument('a'));
      assert.equal((await waiting).shards[0]?.documents.length, 1);
      const foreign = [{ ref, docIds: longs(4_096n), required: [{ subject: 'other', sequence: 1n }] }];
      assert.equal((await fetch(asked({ shards: foreign }), replicas, deadline)).shards[0]?.status, 9);
    }));
});
