import assert from 'node:assert/strict';
import type { TermStatistics } from '../../../../coordinator/search/term-statistics.js';
import { wireQuestion, type WireQuestion } from '../../../../coordinator/search/wire-question.js';
import type { EncodedQuestion } from '../../../../coordinator/search/encode.js';
import { float32From } from '../../../../base/bytes.js';
import { close, deadlineOf, fanOutOf, floats, planOf, question, servingMap, settings, words } from '../fixtures.js';
import type { Question } from '../../../../coordinator/search/question.js';

const nothing: EncodedQuestion = { dense: null, termCount: null, terms: null, tokens: null };
const terms = { termIds: Uint32Array.of(3, 5, 8), weights: Float32Array.of(1, 2, 1) };

interface Prepared extends WireQuestion {
  /** Terms of each request for statistics. */
  readonly asked: readonly (readonly number[])[];
}

async function toWire(
  encoded: EncodedQuestion,
  idf: Readonly<Record<number, number>>,
  changes: Partial<Question> = {},
): Promise<Prepared> {
  const map = servingMap(1);
  const asked: number[][] = [];
  const known = new Map(Object.entries(idf).map(([term, value]) => [Number(term), value]));
  const statistics = {
    idf: async (_: string, termIds: ReadonlySet<number>) => (asked.push([...termIds]), known),
  } as unknown as TermStatistics;
  const parts = { statistics, fanOut: fanOutOf(map), deadline: deadlineOf() };
  return { ...(await wireQuestion(encoded, question(changes), planOf(map), parts)), asked };
}

describe('the question on the wire', () => {
  it('has idf in the terms’ factors and leaves out terms without weight', async () => {
    const { sparse } = await toWire({ ...nothing, terms }, { 3: 0.5, 5: 0, 8: 4 });
    assert.deepEqual(sparse, { termIds: words(3, 8), weights: floats(0.5, 4) });
  });

  it('has no terms when none has weight', async () => {
    assert.equal((await toWire({ ...nothing, terms }, { 3: 0, 5: 0, 8: 0 })).sparse, undefined);
  });

  it('has token rows by the root of their terms’ idf, and 2 for one without a term, over the mean root', async () => {
    const tokens = { rows: Float32Array.of(1, 2, 3, 4, 5, 6), count: 3, terms: Uint32Array.of(3, 8, 0) };
    const { tokens: weighed, tokenCount } = await toWire({ ...nothing, tokens }, { 3: 0.5, 8: 4.5 });
    // Roots: .5^½, 3 · .5^½ and 2 · .5^½; their mean is 2 · .5^½.
    float32From(weighed, 'rows').forEach((value, i) => close(value, [0.5, 1, 4.5, 6, 5, 6][i]!));
    assert.equal(tokenCount, 3);
  });

  it('asks for the statistics of terms and tokens together, once, and for those of tokens where there are no terms', async () => {
    const tokens = { rows: new Float32Array(8), count: 4, terms: Uint32Array.of(5, 0, 9, 5) };
    const idf = { 3: 1, 5: 1, 8: 1, 9: 1 };
    assert.deepEqual((await toWire({ ...nothing, terms, tokens }, idf)).asked, [[3, 5, 8, 9]]);
    assert.deepEqual((await toWire({ ...nothing, tokens }, idf)).asked, [[5, 9]]);
  });

  it('has token rows as they are where the encoder does not tell their terms, or a trained head weighs words', async () => {
    const rows = Float32Array.of(1, 2, 3, 4);
    const untold = await toWire({ ...nothing, tokens: { rows, count: 2, terms: null } }, {});
    assert.deepEqual([untold.tokens, untold.asked], [floats(1, 2, 3, 4), []]);
    const told = { ...nothing, tokens: { rows, count: 2, terms: Uint32Array.of(3, 8) } };
    const learned = await toWire(told, {}, { settings: settings({ sparseWeighting: 'learned' }) });
    assert.deepEqual([learned.tokens, learned.asked], [floats(1, 2, 3, 4), []]);
  });

  it('has learned weights as they are', async () => {
    const learned = { settings: settings({ sparseWeighting: 'learned' }) };
    const { sparse } = await toWire({ ...nothing, terms }, {}, learned);
    assert.deepEqual(sparse, { termIds: words(3, 5, 8), weights: floats(1, 2, 1) });
  });

  it('has vectors as bytes, and empty ones where there are none', async () => {
    const rows = Float32Array.of(1, 2, 3, 4);
    const tokens = { rows, count: 2, terms: null };
    const { asked: _, ...both } = await toWire({ ...nothing, dense: Float32Array.of(1, 2), tokens }, {});
    assert.deepEqual(both, { dense: floats(1, 2), sparse: undefined, tokens: floats(1, 2, 3, 4), tokenCount: 2 });
    const none = await toWire(nothing, {});
    assert.deepEqual([none.dense.length, none.tokens.length, none.tokenCount], [0, 0, 0]);
  });
});
