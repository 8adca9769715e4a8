/** What a document brings is kept; what lacks is encoded, many texts a request. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { EncodeOrder } from '../../../../coordinator/encoders.js';
import { encodeDocuments } from '../../../../coordinator/ingest/encode.js';
import type { TokenCodecs } from '../../../../coordinator/ingest/token-codecs.js';
import { acceptDocument } from '../../../../coordinator/ingest/validate.js';
import type { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { EncodeResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import type { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { documentWeights } from '../../../../vector-index/sparse/bm25.js';
import { bareSettings, deadlineOf, encodersOf, floats, settings, words } from '../fixtures.js';

type Fields = Parameters<typeof Document.fromPartial>[0];

interface Run {
  readonly documents: readonly LogDocument[];
  readonly orders: readonly EncodeOrder[];
  readonly refusals: readonly string[];
}

/** The encoder answers (1, 2), the term 3 and one token row, coded by `codec`; rows coded here become the byte 7. */
async function run(fields: readonly Fields[], of: CollectionSettings = settings(), codec = 'c1'): Promise<Run> {
  const orders: EncodeOrder[] = [];
  const encoders = encodersOf({
    encode: async (_, order) => {
      orders.push(order);
      const encoding = {
        dense: floats(1, 2),
        sparse: { termIds: words(3), weights: floats(1) },
        tokens: { count: 1, rows: floats(1, 2), codec },
        terms: 5,
      };
      return EncodeResponse.fromPartial({ encodings: order.texts.map(() => encoding) });
    },
  });
  const coded: TokenCodecs['coded'] = async ({ count }) => {
    if (count === 9) throw new ShoalError('INVALID_ARGUMENT', 'nine rows do not fit');
    return { count: 1, rows: Buffer.of(7), codec: 'here', pooled: false };
  };
  const codecs = { coded } as unknown as TokenCodecs;
  const accepted = fields.map((each, i) =>
    acceptDocument(Document.fromPartial({ id: String(i), text: 'x', ...each }), of),
  );
  const outcomes = await encodeDocuments(accepted, of, { encoders, codecs, deadline: deadlineOf() });
  const documents = outcomes.flatMap((each) => (each instanceof ShoalError ? [] : [each]));
  return {
    documents,
    orders,
    refusals: outcomes.flatMap((each) => (each instanceof ShoalError ? [each.message] : [])),
  };
}

describe('encoding documents', () => {
  it('fills in every representation, with the number of terms', async () => {
    const { documents, orders } = await run([{ title: 't', attributes: { a: { int64Value: 1n } } }]);
    assert.deepEqual(documents[0], {
      id: '0',
      title: 't',
      text: 'x',
      attributes: documents[0]?.attributes,
      list: 0,
      dense: floats(1, 2),
      sparse: { termIds: words(3), weights: floats(1) },
      terms: 5,
      tokens: { count: 1, rows: floats(1, 2), codec: 'c1', pooled: false },
      weighted: false,
      passage: 0,
      start: 0,
      end: 0,
      home: 0,
      further: [],
    });
    assert.equal(documents[0]?.attributes['a']?.int64Value, 1n);
    assert.deepEqual(orders[0]?.texts, [{ title: 't', text: 'x' }]);
  });

  it('asks for pooled token rows where the collection keeps those', async () => {
    assert.equal((await run([{}])).orders[0]?.tokenPooling, 0);
    assert.equal((await run([{}], settings({ tokenPooling: 3 }))).orders[0]?.tokenPooling, 3);
  });

  it('codes what an encoder without a codec gives as float32', async () => {
    const { documents } = await run([{}], settings(), '');
    assert.deepEqual(documents[0]?.tokens, { count: 1, rows: Buffer.of(7), codec: 'here', pooled: false });
  });

  it('keeps a given vector and asks for the rest', async () => {
    const { documents, orders } = await run([{ vector: floats(8, 9) }]);
    assert.deepEqual(documents[0]?.dense, floats(8, 9));
    assert.equal(documents[0]?.terms, 5);
    assert.deepEqual([orders[0]?.dense, orders[0]?.sparse, orders[0]?.multi], [false, true, true]);
  });

  it('keeps given passages, the first with title, text and terms, and asks for terms alone', async () => {
    const tokens = { count: 1, rows: floats(5, 6) };
    const passages = [
      { vector: floats(8, 9), start: 0, end: 1 },
      { vector: floats(3, 4), start: 2, tokens },
    ];
    const attributes = { a: { int64Value: 1n } };
    const { documents, orders } = await run([{ passages, title: 't', attributes }]);
    const [document] = documents;
    assert.deepEqual([orders[0]?.dense, orders[0]?.sparse, orders[0]?.multi], [false, true, false]);
    assert.deepEqual(
      [document?.dense, document?.terms, document?.tokens, document?.end],
      [floats(8, 9), 5, undefined, 1],
    );
    assert.deepEqual(
      document?.further.map(({ passage, dense, start, end, text, sparse }) => [
        passage,
        dense,
        start,
        end,
        text,
        sparse,
      ]),
      [[1, floats(3, 4), 2, 0, '', undefined]],
    );
    assert.equal(document?.further[0]?.attributes['a']?.int64Value, 1n);
    assert.deepEqual(document?.further[0]?.tokens, { count: 1, rows: Buffer.of(7), codec: 'here', pooled: false });
  });

  it('asks nobody for a vector without a text, nor for a complete document', async () => {
    const learned = settings({ sparseWeighting: 'learned' });
    const sparse = { termIds: words(4), weights: floats(2) };
    const { documents, orders } = await run(
      [
        { text: undefined, vector: floats(8, 9) },
        { vector: floats(8, 9), sparse, tokens: { count: 1, rows: floats(1, 2) } },
      ],
      learned,
    );
    assert.equal(orders.length, 0);
    assert.deepEqual([documents[0]?.text, documents[0]?.sparse, documents[0]?.tokens], ['', undefined, undefined]);
    assert.deepEqual([documents[1]?.sparse, documents[1]?.tokens?.codec], [sparse, 'here']);
  });

  it('refuses the document whose token rows do not fit, and no other', async () => {
    const coded = settings({ tokenCodec: 'c1' });
    const tokens = { count: 9, rows: Buffer.alloc(5), codec: 'c1' };
    const { documents, refusals } = await run([{}, { vector: floats(8, 9), tokens }, {}], coded);
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['0', '2'],
    );
    assert.deepEqual(refusals, ["document '1': nine rows do not fit"]);
  });

  it('weighs terms by BM25 and the scales of the model’s head, for good', async () => {
    const encoding = {
      dense: floats(1, 2),
      sparse: { termIds: words(3, 4), weights: floats(1, 2) },
      termScales: floats(0.5, 3),
      terms: 5,
    };
    const encoders = encodersOf({ encode: async () => EncodeResponse.fromPartial({ encodings: [encoding] }) });
    const of = settings({ tokenDim: 0, bm25AverageLength: 10 });
    const accepted = [acceptDocument(Document.fromPartial({ id: 'a', text: 'x' }), of)];
    const parts = { encoders, codecs: {} as unknown as TokenCodecs, deadline: deadlineOf() };
    const [document] = (await encodeDocuments(accepted, of, parts)) as LogDocument[];
    const [first, second] = documentWeights(Float32Array.of(1, 2), 5, 10);
    assert.deepEqual(document?.sparse, { termIds: words(3, 4), weights: floats(first! * 0.5, second! * 3) });
    assert.equal(document.weighted, true);
  });

  it('asks nobody in a collection without a model', async () => {
    const { documents, orders } = await run([{ vector: floats(8, 9) }], bareSettings());
    assert.equal(orders.length, 0);
    assert.deepEqual(documents[0]?.dense, floats(8, 9));
  });

  it('asks for no tokens where the collection has none', async () => {
    assert.equal((await run([{}], settings({ tokenDim: 0 }))).orders[0]?.multi, false);
  });

  it('sends at most 32 texts a request and keeps the order', async () => {
    const fields = Array.from({ length: 70 }, (_, i): Fields =>
      i % 7 === 0 ? { text: undefined, vector: floats(i, 0) } : { text: String(i) },
    );
    const { documents, orders } = await run(fields);
    assert.deepEqual(
      orders.map(({ texts }) => texts.length),
      [32, 28],
    );
    assert.deepEqual(
      orders.flatMap(({ texts }) => texts.map(({ text }) => text)),
      fields.flatMap(({ text }) => text ?? []),
    );
    assert.deepEqual(
      documents.map(({ id }) => id),
      fields.map((_, i) => String(i)),
    );
    assert.deepEqual([documents[7]?.dense, documents[8]?.dense], [floats(7, 0), floats(1, 2)]);
  });
});
