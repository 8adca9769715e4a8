import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { withoutSelf } from '../../../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { fitParameters, type FitOptions, type FitTask } from '../../../../trainer/learned/fit-parameters.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { queries, vectors, structure } = smallCollection(600, 40);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const start = startingParameters(structure, { hasAdapter: true, hasBiases: true });
const judgements = (scores: readonly number[]) => {
  let at = 0;
  return () => scores[Math.min(at++, scores.length - 1)]!;
};
const task = (change: Partial<FitTask> = {}): FitTask => ({
  ...{ ...taught, queries: { rows: queries, selves: null }, choose: withoutSelf(null) },
  target: (_query, _rows, targets) => targets.fill(0),
  loss: (_scores, _targets, gradient) => {
    gradient.fill(0.1);
    return 1;
  },
  judge: judgements([0.5]),
  ...change,
});
const options = (change: Partial<FitOptions> = {}): FitOptions => ({
  rates: { words: 0.01, adapter: 0.01, biases: 0.001 },
  ...{ steps: 12, batch: 4, width: 10, refreshSteps: 3, judgeSteps: 2, patience: 9, random: seededRandom(1) },
  ...change,
});

describe('fitting parameters', () => {
  it('gives the best that was judged, and the start where nothing is better', () => {
    const better = fitParameters(task({ judge: judgements([0.5, 0.6, 0.8, 0.7]) }), start, options());
    assert.equal(better.isBetter, true);
    assert.deepEqual(
      better.curve.map(({ best }) => best),
      [0.6, 0.8, 0.8, 0.8, 0.8, 0.8],
    );
    assert.notDeepEqual(better.parameters.words, start.words);
    const same = fitParameters(task({ judge: judgements([0.5, 0.5, 0.4]) }), start, options());
    assert.deepEqual([same.isBetter, same.parameters], [false, start]);
  });

  it('ends when so many judgements in a row gained nothing', () => {
    const { curve } = fitParameters(task({ judge: judgements([0.5, 0.6, 0.4]) }), start, options({ patience: 2 }));
    assert.equal(curve.length, 3);
  });

  it('asks every query once before any a second time, and finds documents for it anew', () => {
    const asked: number[] = [];
    const target = (query: number, rows: Uint32Array, targets: Float64Array): void => {
      asked.push(query);
      assert.equal(rows.length, 10);
      targets.fill(0);
    };
    fitParameters(task({ target }), start, options({ steps: 20 }));
    assert.equal(new Set(asked.slice(0, 40)).size, 40);
    assert.equal(new Set(asked.slice(40)).size, 40);
  });

  it('stops, with the start untouched, when a gradient is no number', () => {
    const before = structuredClone(start);
    const loss = (_scores: Float64Array, _targets: Float64Array, gradient: Float64Array): number => {
      gradient.fill(NaN);
      return 1;
    };
    const message = /no number any more after 2 steps; nothing was changed/;
    assert.throws(() => fitParameters(task({ loss }), start, options()), { code: 'FAILED_PRECONDITION', message });
    assert.throws(() => fitParameters(task({ loss: () => Infinity }), start, options()), {
      code: 'FAILED_PRECONDITION',
    });
    assert.deepEqual(start, before);
  });

  it('is CANCELLED by its signal', () => {
    const signal = { aborted: false };
    const stop = { ...options({ signal }), onProgress: () => (signal.aborted = true) };
    assert.throws(() => fitParameters(task(), start, stop), { code: 'CANCELLED' });
  });
});
