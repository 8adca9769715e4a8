/** A session takes outputs by name, and a text's vectors do not depend on its batch. */
import assert from 'node:assert/strict';
import type { Sequence } from '../../../../encoder-node/batch/sequence.js';
import { loadModel } from '../../../../encoder-node/model/load-model.js';
import type { ModelManifest } from '../../../../encoder-node/model/manifest.js';
import { EncoderSession } from '../../../../encoder-node/model/session.js';
import { poolTokens } from '../../../../vector-index/codebook/pool-tokens.js';
import { rowFeatures } from '../../../../vector-index/codebook/sparse-head.js';
import { tinyCodec, tinyDim, tinySparseHead, withTinyHead, withTinyModel } from '../tiny-model.js';

function sequence(ids: readonly number[], isCoded = false, pooling = 1): Sequence {
  const rows = Int32Array.from({ length: ids.length - 1 }, (_, i) => i + 1);
  return {
    ids: Int32Array.from(ids),
    attended: ids.length,
    wantsDense: true,
    rows,
    isCoded,
    pooling,
    side: 'documents',
  };
}

async function withSession<T>(
  work: (session: EncoderSession) => Promise<T>,
  change?: (manifest: ModelManifest) => unknown,
  executionProvider: 'cpu' | 'cuda' = 'cpu',
): Promise<T> {
  return withTinyModel(async (folder) => {
    const model = await loadModel(folder);
    const session = await EncoderSession.open({ ...model, executionProvider, intraOpThreads: 1 });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }, change);
}

const short = [2, 10, 11, 3];
const long = [2, 20, 21, 22, 23, 24, 25, 3];

describe('an inference session', () => {
  it('gives unit vectors: one a text, one a row asked for', async () => {
    await withSession(async (session) => {
      const [result] = await session.run([sequence(short)]);
      assert.equal(result?.dense?.length, tinyDim);
      assert.ok(Math.abs(Math.hypot(...(result.dense ?? [])) - 1) < 1e-5);
      assert.equal(result.tokenCount, 3);
      assert.equal(result.tokens?.length, 3 * tinyDim * 4);
    });
  });

  it('gives a text the same bits in any batch', async () => {
    await withSession(async (session) => {
      const [alone] = await session.run([sequence(short)]);
      const [, inBatch] = await session.run([sequence(long), sequence(short), sequence([...long].reverse())]);
      assert.deepEqual(inBatch, alone);
    });
  });

  it('codes rows by the model’s codec where it is told to', async () => {
    await withSession(async (session) => {
      const [result] = await session.run([sequence(short, true)]);
      assert.equal(result?.tokens?.length, 3 * (4 + tinyDim / 4));
    });
  });

  it('pools rows before it codes them', async () => {
    await withSession(async (session) => {
      const [all, pooled, coded] = await session.run([
        sequence(long),
        sequence(long, false, 2),
        sequence(long, true, 2),
      ]);
      const rows = new Float32Array(all?.tokens?.buffer ?? new ArrayBuffer(0));
      const expected = poolTokens(rows, tinyDim, 2);
      assert.deepEqual([all?.tokenCount, pooled?.tokenCount, coded?.tokenCount], [7, 4, 4]);
      assert.deepEqual(new Float32Array(pooled?.tokens?.buffer ?? new ArrayBuffer(0)), expected);
      assert.deepEqual(coded?.tokens, tinyCodec().encode(expected));
    });
  });

  it('tells what a sparse head says of every row before they are pooled, each side by its own weights', async () => {
    await withSession(async (session) => {
      const given = sequence(long, false, 2);
      const [document, query, plain] = await session.run([given, { ...given, side: 'queries' }, sequence(long)]);
      const rows = new Float32Array(plain!.tokens!.buffer);
      const head = tinySparseHead();
      assert.deepEqual(document?.features, rowFeatures(rows, head.documents));
      assert.deepEqual(query?.features, rowFeatures(rows, head.queries));
      assert.equal(document.features.length, 7);
    }, withTinyHead);
    const [none] = await withSession((session) => session.run([sequence(short)]));
    assert.equal(none?.features, null);
  });

  it('computes nothing that is not asked for', async () => {
    await withSession(async (session) => {
      const [result] = await session.run([{ ...sequence(short), wantsDense: false, rows: null }]);
      assert.deepEqual(result, { dense: null, tokens: null, tokenCount: 0, features: null });
    });
  });

  it('pools where the graph does not', async () => {
    const pooled = (pool: 'cls' | 'mean') => (manifest: ModelManifest) => ({
      ...manifest,
      outputs: { ...manifest.outputs, dense: { ...manifest.outputs.dense, name: 'multi', pool, normalized: false } },
    });
    const run = (session: EncoderSession): ReturnType<EncoderSession['run']> => session.run([sequence(short)]);
    const [plain] = await withSession(run);
    const [cls] = await withSession(run, pooled('cls'));
    const [mean] = await withSession(run, pooled('mean'));
    const near = (a: Float32Array, b: Float32Array): boolean =>
      a.every((value, i) => Math.abs(value - (b[i] ?? NaN)) < 1e-6);
    assert.ok(near(cls?.dense ?? new Float32Array(1), plain?.dense ?? new Float32Array(0)));
    assert.ok(Math.abs(Math.hypot(...(mean?.dense ?? [])) - 1) < 1e-5);
    assert.notDeepEqual(mean?.dense, cls?.dense);
  });

  it('refuses a graph without an output of the manifest, and lists those it has', async () => {
    const change = (manifest: ModelManifest): unknown => ({
      ...manifest,
      outputs: { ...manifest.outputs, multi: { ...manifest.outputs.multi, name: 'colbert_vecs' } },
    });
    await assert.rejects(
      withSession(() => Promise.resolve(), change),
      {
        code: 'FAILED_PRECONDITION',
        message: /names 'colbert_vecs' as output of the model tiny, but its graph has dense, multi/,
      },
    );
  });

  it('refuses an input that the graph lacks', async () => {
    const change = (manifest: ModelManifest): unknown => ({
      ...manifest,
      inputs: { ...manifest.inputs, typeIds: 'token_type_ids' },
    });
    await assert.rejects(
      withSession(() => Promise.resolve(), change),
      { message: /'token_type_ids' as input.*input_ids, attention_mask/ },
    );
  });

  it('refuses other dimensions than the manifest says', async () => {
    const change = (manifest: ModelManifest): unknown => ({
      ...manifest,
      outputs: { ...manifest.outputs, dense: { ...manifest.outputs.dense, dim: 64 } },
    });
    await assert.rejects(
      withSession((session) => session.run([sequence(short)]), change),
      {
        code: 'FAILED_PRECONDITION',
        message: /gives output dense 64 dimensions, but the graph gives 32/,
      },
    );
  });

  it('does not fall back to the CPU when a GPU was asked for and there is none', async () => {
    await assert.rejects(
      withSession(() => Promise.resolve(), undefined, 'cuda'),
      {
        code: 'FAILED_PRECONDITION',
        message: /execution provider cuda was asked for and is not usable here.*configure executionProvider cpu/,
      },
    );
  });
});

describe('the default model', () => {
  const load = async (): Promise<{
    session: EncoderSession;
    encode: (...texts: string[]) => Promise<Float32Array[]>;
  }> => {
    const model = await loadModel('models/default');
    const session = await EncoderSession.open({ ...model, executionProvider: 'cpu', intraOpThreads: 1 });
    const encode = async (...texts: string[]): Promise<Float32Array[]> => {
      const { tokenizer } = model;
      const batch = texts.map((text) => sequence([tokenizer.startId, ...tokenizer.idsOf(text), tokenizer.endId]));
      return (await session.run(batch)).map(({ dense, tokens }) => {
        const rows = new Float32Array((tokens ?? new Uint8Array(0)).buffer);
        return Float32Array.of(...(dense ?? []), ...rows);
      });
    };
    return { session, encode };
  };
  const cosine = (a: Float32Array, b: Float32Array): number =>
    a.subarray(0, 384).reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);

  it('finds the meaning that a question describes', async () => {
    const { session, encode } = await load();
    const [question, ...glosses] = await encode(
      'Represent this sentence for searching relevant passages: someone who repairs shoes',
      'a person who makes or repairs shoes',
      'a morbid fear of being closed in a confined space',
      'the branch of physics that studies liquids',
    );
    await session.close();
    const scores = glosses.map((gloss) => cosine(question ?? gloss, gloss));
    assert.equal(scores.indexOf(Math.max(...scores)), 0);
  });

  it('keeps the words of a text apart where half of its token rows are pooled away', async () => {
    const model = await loadModel('models/default');
    const session = await EncoderSession.open({ ...model, executionProvider: 'cpu', intraOpThreads: 1 });
    const { tokenizer } = model;
    const of = (text: string): number[] => [tokenizer.startId, ...tokenizer.idsOf(text), tokenizer.endId];
    const document = of('the cobbler mends old shoes, the baker bakes fresh bread');
    const batch = [sequence(document), sequence(document, false, 2), sequence(of('a person who repairs shoes'))];
    const [all, pooled, question] = (await session.run(batch)).map(({ tokens }) => new Float32Array(tokens!.buffer));
    await session.close();
    assert.equal(pooled!.length, Math.ceil(all!.length / 384 / 2) * 384);
    const maxSim = (rows: Float32Array): number => {
      let sum = 0;
      for (let q = 0; q < question!.length; q += 384) {
        const best = Array.from({ length: rows.length / 384 }, (_, row) =>
          cosine(question!.subarray(q, q + 384), rows.subarray(row * 384, (row + 1) * 384)),
        );
        sum += Math.max(...best);
      }
      return sum / (question!.length / 384);
    };
    const mean = poolTokens(all!, 384, 100);
    // Means of two rows lose little of what the rows say, one mean of all of them loses most of it.
    const lost = (rows: Float32Array): number => maxSim(all!) - maxSim(rows);
    assert.ok(Math.abs(lost(pooled!)) < lost(mean) / 2, `${lost(pooled!)}, ${lost(mean)}`);
  });

  it('gives a text the same bits alone, among others and beside longer ones', async () => {
    const { session, encode } = await load();
    const text = 'aspirin inhibits platelet aggregation';
    const [alone] = await encode(text);
    const [, among] = await encode('a b c d e f g', text, 'words of another kind entirely');
    const [padded] = await encode(text, `${text} in patients with a history of several other diseases`.repeat(3));
    await session.close();
    assert.deepEqual(among, alone);
    assert.deepEqual(padded, alone);
  });
});
