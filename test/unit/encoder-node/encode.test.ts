/** What the encoder answers, on the tiny model in this thread. */
import assert from 'node:assert/strict';
import { float32From, uint32From } from '../../../base/bytes.js';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { limits } from '../../../base/limits.js';
import { encode, fullText, type EncoderParts } from '../../../encoder-node/encode.js';
import { EncodeRequest, InputType, type EncodeResponse } from '../../../proto/generated/shoal/v1/encoder.js';
import { withParts } from './parts.js';
import { rowFeatures, softplus } from '../../../vector-index/codebook/sparse-head.js';
import { tinyCodec, tinyDim, tinyEarlier, tinySparseHead, withTinyHead } from './tiny-model.js';

/** `found` is `expected` but for the last bits of float32. */
function near(found: Float32Array, expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(found[i]! - value) < 1e-5 * value, `${found[i]}, not ${value}`));
}

const all = { dense: true, sparse: true, multi: true };
const query = { inputType: InputType.INPUT_TYPE_QUERY, ...all };
const document = { inputType: InputType.INPUT_TYPE_DOCUMENT, ...all };

async function ask(
  parts: EncoderParts,
  request: Parameters<typeof EncodeRequest.fromPartial>[0],
  ms = 5_000,
): Promise<EncodeResponse> {
  const deadline = Deadline.after(systemClock, ms);
  try {
    return await encode(EncodeRequest.fromPartial(request ?? {}), parts, deadline);
  } finally {
    deadline.close();
  }
}

describe('encoding', () => {
  it('gives a document all three representations, token rows coded', async () => {
    await withParts(async (parts) => {
      const { encodings } = await ask(parts, { ...document, texts: [{ title: 'Fish', text: 'shoe, fish' }] });
      const [only] = encodings;
      assert.ok(Math.abs(Math.hypot(...float32From(only?.dense ?? Buffer.alloc(0), 'dense')) - 1) < 1e-5);
      assert.deepEqual([...float32From(only?.sparse?.weights ?? Buffer.alloc(0), 'weights')], [1, 2, 1]);
      assert.equal(only?.terms, 4);
      assert.equal(only.tokens?.count, 5);
      assert.equal(only.tokens.codec, tinyCodec().version);
      assert.equal(only.tokens.rows.length, tinyCodec().recordBytes(5));
      assert.equal(only.truncated, false);
    });
  });

  it('pools the token rows of documents before it codes them, those of queries never', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'shoe fish shoe fish shoe fish' }];
      const plain = { ...parts, model: { ...parts.model, codec: null } };
      const [all] = (await ask(parts, { ...document, texts })).encodings;
      for (const tokenPooling of [0, 1]) {
        assert.deepEqual((await ask(parts, { ...document, texts, tokenPooling })).encodings, [all]);
      }
      const [only] = (await ask(parts, { ...document, texts, tokenPooling: 3 })).encodings;
      assert.deepEqual([all?.tokens?.count, only?.tokens?.count], [7, 3]);
      assert.equal(only?.tokens?.rows.length, tinyCodec().recordBytes(3));
      assert.deepEqual([only.dense, only.sparse, only.tokens.pooled], [all?.dense, all?.sparse, false]);
      const isPooled = async (given: object): Promise<unknown> =>
        (await ask(plain, { texts, ...given })).encodings[0]?.tokens?.pooled;
      assert.equal(await isPooled({ ...document, tokenPooling: 3 }), true);
      assert.equal(await isPooled(document), false);
      const asked = { ...query, texts };
      const queried = await ask(parts, { ...asked, tokenPooling: 3 });
      assert.deepEqual(queried.encodings, (await ask(parts, asked)).encodings);
    });
  });

  it('gives a query token rows in float32', async () => {
    await withParts(async (parts) => {
      const [only] = (await ask(parts, { ...query, texts: [{ title: '', text: 'shoe fish' }] })).encodings;
      assert.equal(only?.tokens?.count, 3);
      assert.equal(only.tokens.codec, '');
      assert.equal(only.tokens.rows.length, 3 * tinyDim * 4);
    });
  });

  it('tells the term behind each token row of a query, 0 for a special token, and nothing of a document', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'shoe fish shoe' }];
      const [only] = (await ask(parts, { ...query, texts })).encodings;
      const [shoe, fish] = uint32From(only!.sparse!.termIds, 'terms');
      assert.deepEqual([...uint32From(only!.tokenTerms, 'terms of rows')], [shoe, fish, shoe, 0]);
      const [asDocument] = (await ask(parts, { ...document, texts })).encodings;
      const [withoutRows] = (await ask(parts, { ...query, multi: false, texts })).encodings;
      assert.deepEqual([asDocument?.tokenTerms.length, withoutRows?.tokenTerms.length], [0, 0]);
    });
  });

  it('takes the query’s dense vector with the prefix and its token rows without', async () => {
    await withParts(async (parts) => {
      const [asQuery] = (await ask(parts, { ...query, texts: [{ title: '', text: 'shoe' }] })).encodings;
      const [prefixed] = (await ask(parts, { ...document, texts: [{ title: '', text: 'fish: shoe' }] })).encodings;
      const plainParts = { ...parts, model: { ...parts.model, codec: null } };
      const [plain] = (await ask(plainParts, { ...document, texts: [{ title: '', text: 'shoe' }] })).encodings;
      assert.deepEqual(asQuery?.dense, prefixed?.dense);
      assert.equal(asQuery?.tokens?.count, plain?.tokens?.count);
    });
  });

  it('answers texts in their order, whatever their lengths', async () => {
    await withParts(async (parts) => {
      const texts = ['fish', 'a long text of some words', 'fish', 'shoe fish'].map((text) => ({ title: '', text }));
      const together = (await ask(parts, { ...document, texts })).encodings;
      for (const [i, text] of texts.entries()) {
        const [alone] = (await ask(parts, { ...document, texts: [text] })).encodings;
        assert.deepEqual(together[i], alone);
      }
    });
  });

  it('counts the terms of the whole text though the model sees its beginning', async () => {
    await withParts(async (parts) => {
      const [only] = (await ask(parts, { ...document, texts: [{ title: '', text: 'fish '.repeat(5_000) }] })).encodings;
      assert.equal(only?.terms, 5_000);
      assert.deepEqual([...uint32From(only.sparse?.termIds ?? Buffer.alloc(0), 'terms')].length, 1);
      assert.equal(only.tokens?.count, 15);
      assert.equal(only.truncated, true);
    });
  });

  it('gives only what is asked for', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'fish' }];
      const [sparse] = (await ask(parts, { ...document, dense: false, multi: false, texts })).encodings;
      assert.deepEqual([sparse?.dense.length, sparse?.tokens, sparse?.terms], [0, undefined, 1]);
      const [dense] = (await ask(parts, { ...document, sparse: false, multi: false, texts })).encodings;
      assert.deepEqual([dense?.dense.length, dense?.tokens, dense?.sparse], [4 * tinyDim, undefined, undefined]);
    });
  });

  it('counts the terms of a query whatever is asked for', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'fish shoe' }];
      const [only] = (await ask(parts, { ...query, sparse: false, texts })).encodings;
      assert.deepEqual([only?.terms, only?.sparse], [2, undefined]);
    });
  });

  it('weighs words by the sparse head: those of a query at once, those of a document by scales beside their counts', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'shoe fish fish' }];
      const [asQuery] = (await ask(parts, { ...query, texts, multi: false })).encodings;
      const rows = await ask({ ...parts, model: { ...parts.model, codec: null } }, { ...query, texts });
      const tokens = float32From(rows.encodings[0]!.tokens!.rows, 'rows');
      const { queries, documents } = tinySparseHead();
      const weigh = (weights: Float32Array): number[] => [...rowFeatures(tokens, weights)];
      const [shoe = 0, ...fish] = weigh(queries);
      const [first = 0, second = 0] = fish;
      const weights = [softplus(shoe), softplus(first) + softplus(second)];
      near(float32From(asQuery!.sparse!.weights, 'weights'), weights);
      assert.deepEqual([asQuery?.tokens, asQuery?.terms, asQuery?.termScales.length], [undefined, 3, 0]);

      const [asDocument] = (await ask(parts, { ...document, texts })).encodings;
      const [one = 0, two = 0, three = 0] = weigh(documents);
      assert.deepEqual([...float32From(asDocument!.sparse!.weights, 'counts')], [1, 2]);
      near(float32From(asDocument!.termScales, 'scales'), [softplus(one), softplus((two + three) / 2)]);
    }, withTinyHead);
  });

  it('answers as an earlier model where the collection was made with that, and refuses others', async () => {
    const texts = [{ title: '', text: 'shoe fish' }];
    const plain = await withParts(async (parts) => [
      await ask(parts, { ...query, texts }),
      await ask(parts, { ...document, texts }),
    ]);
    await withParts(async (parts) => {
      const asked = [query, document].map((side) => ({ ...side, texts, modelDigest: tinyEarlier }));
      for (const [i, each] of asked.entries())
        assert.deepEqual((await ask(parts, each)).encodings, plain[i]?.encodings);
      const own = await ask(parts, { ...query, texts, modelDigest: parts.model.digest });
      assert.notDeepEqual(own.encodings[0]?.sparse, plain[0]?.encodings[0]?.sparse);
      await assert.rejects(ask(parts, { ...query, texts, modelDigest: 'f'.repeat(64) }), {
        code: 'NOT_FOUND',
        message:
          /^the files of model 'tiny' on this encoder node are [0-9a-f]{64}, not f{64}; ask a node that has those/,
      });
    }, withTinyHead);
  });

  it('encodes an empty text', async () => {
    await withParts(async (parts) => {
      const [only] = (await ask(parts, { ...document, texts: [{ title: '', text: '' }] })).encodings;
      assert.deepEqual([only?.tokens?.count, only?.terms], [1, 0]);
    });
  });

  it('refuses what can never be encoded', async () => {
    await withParts(async (parts) => {
      const texts = [{ title: '', text: 'fish' }];
      await assert.rejects(ask(parts, { ...document, texts, model: 'other' }), {
        code: 'NOT_FOUND',
        message: /serves the model 'tiny', not 'other'/,
      });
      await assert.rejects(ask(parts, { ...all, texts }), {
        code: 'INVALID_ARGUMENT',
        message: /input_type is missing/,
      });
      await assert.rejects(ask(parts, document), { code: 'INVALID_ARGUMENT', message: /has no texts/ });
      await assert.rejects(ask(parts, { ...document, texts, tokenPooling: 17 }), {
        code: 'INVALID_ARGUMENT',
        message: /^token pooling is 17, but a row stands for 1 to 16 tokens; give a number/,
      });
      const long = 'x'.repeat(limits.queryCharactersMax + 1);
      await assert.rejects(ask(parts, { ...query, texts: [{ title: '', text: long }] }), {
        code: 'INVALID_ARGUMENT',
        message: /a query at most 32768/,
      });
      const huge = 'x'.repeat(limits.textBytesMax + 1);
      await assert.rejects(ask(parts, { ...document, texts: [...texts, { title: '', text: huge }] }), {
        code: 'INVALID_ARGUMENT',
        message: /text 1 has 4194305 bytes.*chunk it/,
      });
    });
  });

  it('stops at the deadline', async () => {
    await withParts((parts) =>
      assert.rejects(ask(parts, { ...document, texts: [{ title: '', text: 'fish' }] }, 0), {
        code: 'DEADLINE_EXCEEDED',
      }),
    );
  });
});

describe('the text of a document', () => {
  it('begins with its title', () => {
    assert.equal(fullText({ title: 'T', text: 'x' }), 'T x');
    assert.equal(fullText({ title: '', text: 'x' }), 'x');
  });
});
