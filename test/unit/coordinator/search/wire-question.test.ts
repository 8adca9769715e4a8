import assert from 'node:assert/strict';
import type { TermStatistics } from '../../../../coordinator/search/term-statistics.js';
import { wireQuestion, type WireQuestion } from '../../../../coordinator/search/wire-question.js';
import type { EncodedQuestion } from '../../../../coordinator/search/encode.js';
import { deadlineOf, fanOutOf, floats, planOf, question, servingMap, settings, words } from '../fixtures.js';
import type { Question } from '../../../../coordinator/search/question.js';

const nothing: EncodedQuestion = { dense: null, termCount: null, terms: null, tokens: null };
const terms = { termIds: Uint32Array.of(3, 5, 8), weights: Float32Array.of(1, 2, 1) };

function toWire(
  encoded: EncodedQuestion,
  factors: readonly number[],
  changes: Partial<Question> = {},
): Promise<WireQuestion> {
  const map = servingMap(1);
  const statistics = { factors: async () => Float32Array.from(factors) } as unknown as TermStatistics;
  const parts = { statistics, fanOut: fanOutOf(map), deadline: deadlineOf() };
  return wireQuestion(encoded, question(changes), planOf(map), parts);
}

describe('the question on the wire', () => {
  it('has idf in the terms’ factors and leaves out terms without weight', async () => {
    const { sparse } = await toWire({ ...nothing, terms }, [0.5, 0, 4]);
    assert.deepEqual(sparse, { termIds: words(3, 8), weights: floats(0.5, 4) });
  });

  it('has no terms when none has weight', async () => {
    assert.equal((await toWire({ ...nothing, terms }, [0, 0, 0])).sparse, undefined);
  });

  it('has learned weights as they are', async () => {
    const learned = { settings: settings({ sparseWeighting: 'learned' }) };
    const { sparse } = await toWire({ ...nothing, terms }, [], learned);
    assert.deepEqual(sparse, { termIds: words(3, 5, 8), weights: floats(1, 2, 1) });
  });

  it('has vectors as bytes, and empty ones where there are none', async () => {
    const rows = Float32Array.of(1, 2, 3, 4);
    const both = await toWire({ ...nothing, dense: Float32Array.of(1, 2), tokens: { rows, count: 2 } }, []);
    assert.deepEqual(both, { dense: floats(1, 2), sparse: undefined, tokens: floats(1, 2, 3, 4), tokenCount: 2 });
    const none = await toWire(nothing, []);
    assert.deepEqual([none.dense.length, none.tokens.length, none.tokenCount], [0, 0, 0]);
  });
});
