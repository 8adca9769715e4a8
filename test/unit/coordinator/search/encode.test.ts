import assert from 'node:assert/strict';
import type { EncodeOrder } from '../../../../coordinator/encoders.js';
import { encode } from '../../../../coordinator/search/encode.js';
import { EncodeResponse, InputType } from '../../../../proto/generated/shoal/v1/encoder.js';
import { deadlineOf, encodersOf, floats, question, words } from '../fixtures.js';

const full = EncodeResponse.fromPartial({
  encodings: [
    {
      dense: floats(1, 2),
      sparse: { termIds: words(3, 9), weights: floats(1, 2) },
      tokens: { count: 2, rows: floats(1, 2, 3, 4) },
    },
  ],
});

describe('encoding a question', () => {
  it('asks once for what the mode needs, as a query', async () => {
    const orders: EncodeOrder[] = [];
    const encoders = encodersOf({ encode: async (_, order) => (orders.push(order), full) });
    const encoded = await encode(question({ multi: false }), encoders, deadlineOf());
    assert.deepEqual(orders, [
      {
        inputType: InputType.INPUT_TYPE_QUERY,
        texts: [{ title: '', text: 'words' }],
        dense: true,
        sparse: true,
        multi: false,
      },
    ]);
    assert.deepEqual(encoded, {
      dense: Float32Array.of(1, 2),
      termCount: null,
      terms: { termIds: Uint32Array.of(3, 9), weights: Float32Array.of(1, 2) },
      tokens: null,
    });
  });

  it('asks for words only where they count', async () => {
    const asked: boolean[] = [];
    const counted = EncodeResponse.fromPartial({ encodings: [{ dense: floats(1, 2), terms: 4 }] });
    const encoders = encodersOf({ encode: async (_, order) => (asked.push(order.sparse), counted) });
    const { terms, termCount } = await encode(question({ sparse: false }), encoders, deadlineOf());
    assert.deepEqual([asked, terms, termCount], [[false], null, 4]);
  });

  it('gives token rows with their number', async () => {
    const { tokens } = await encode(question(), encodersOf({ encode: async () => full }), deadlineOf());
    assert.deepEqual(tokens, { rows: Float32Array.of(1, 2, 3, 4), count: 2, terms: null });
  });

  it('gives the term of each token row where the encoder tells it', async () => {
    const told = EncodeResponse.fromPartial({ encodings: [{ ...full.encodings[0], tokenTerms: words(9, 0) }] });
    const { tokens } = await encode(question(), encodersOf({ encode: async () => told }), deadlineOf());
    assert.deepEqual(tokens?.terms, Uint32Array.of(9, 0));
    const short = EncodeResponse.fromPartial({ encodings: [{ ...full.encodings[0], tokenTerms: words(9) }] });
    await assert.rejects(encode(question(), encodersOf({ encode: async () => short }), deadlineOf()), {
      message: /tells the term of every token row or of none/,
    });
  });

  it('passes a given vector through and asks nobody', async () => {
    const vector = Float32Array.of(5, 6);
    assert.deepEqual(await encode(question({ vector }), encodersOf({}), deadlineOf()), {
      dense: vector,
      termCount: null,
      terms: null,
      tokens: null,
    });
  });

  it('takes a model’s missing head for nothing', async () => {
    const bare = EncodeResponse.fromPartial({ encodings: [{ dense: floats(1, 2), tokens: { count: 0 } }] });
    const encoded = await encode(question(), encodersOf({ encode: async () => bare }), deadlineOf());
    assert.deepEqual([encoded.terms, encoded.tokens], [null, null]);
  });

  it('holds an answer without an encoding for a defect', async () => {
    const empty = encodersOf({ encode: async () => EncodeResponse.fromPartial({}) });
    await assert.rejects(encode(question(), empty, deadlineOf()), {
      code: 'INTERNAL',
      message: /the encoding of the question/,
    });
  });
});
