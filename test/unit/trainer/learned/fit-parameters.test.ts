import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { withoutSelf } from '../../../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import {
  fitParameters,
  heldOutHash,
  type FitKeeping,
  type FitOptions,
  type FitTask,
} from '../../../../trainer/learned/fit-parameters.js';
import { readFitState, writeFitState, type FitState } from '../../../../trainer/learned/fit-state.js';
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

  describe('that are stopped', () => {
    /** A loss that depends on everything, and a judgement of the parameters themselves. */
    const own = task({
      target: (query, rows, targets) => rows.forEach((row, i) => (targets[i] = Math.sin(query + row))),
      loss: (scores, targets, gradient) => {
        let sum = 0;
        scores.forEach((score, i) => {
          gradient[i] = Number.isFinite(targets[i]!) ? score - targets[i]! : 0;
          sum += gradient[i]! ** 2;
        });
        return sum;
      },
      judge: ({ words }) => Math.cos(1_000 * words[0]!),
    });
    const usual = (change: Partial<FitOptions> = {}): FitOptions => options({ steps: 20, heldOut: 7n, ...change });

    /** What is kept of a fit, as files, each with the steps that are done. */
    function states(change: Partial<FitOptions> = {}): Map<number, Uint8Array> {
      const kept = new Map<number, Uint8Array>();
      const offer = (take: () => FitState): void => void kept.set(take().step, writeFitState(take()));
      fitParameters(own, start, usual({ keeping: { ...nothing, offer }, ...change }));
      return kept;
    }

    const nothing: FitKeeping = {
      last: null,
      refuse: (why) => assert.fail(why),
      resume: () => assert.fail('there is nothing to go on from'),
      offer: () => undefined,
    };

    it('end as if they had gone on, from whatever step they go on', () => {
      const whole = fitParameters(own, start, usual());
      const kept = states();
      assert.deepEqual([...kept.keys()], [3, 6, 9, 12, 15, 18, 20]);
      for (const [step, bytes] of kept) {
        const resumed: number[] = [];
        const keeping = { ...nothing, last: readFitState(bytes), resume: (share: number) => void resumed.push(share) };
        // Whatever random numbers were drawn before.
        const fit = fitParameters(own, start, usual({ keeping, random: seededRandom(99) }));
        assert.deepEqual(fit, whole);
        assert.deepEqual(resumed, [step / 20]);
      }
    });

    it('begin anew where start, queries or options are others', () => {
      const last = readFitState(states().get(12)!);
      const refused: string[] = [];
      const keeping = { ...nothing, last, refuse: (why: string) => void refused.push(why) };
      const other = { ...start, words: start.words.map((value) => 1.5 * value) };
      const changes: readonly [typeof start, Partial<FitOptions>][] = [
        [start, { heldOut: 8n }],
        [start, { steps: 21 }],
        [other, {}],
      ];
      for (const [from, change] of changes) {
        const anew = fitParameters(own, from, usual({ keeping, ...change }));
        assert.deepEqual(anew, fitParameters(own, from, usual(change)));
      }
      assert.equal(refused.length, 3);
    });

    it('are over where they were', () => {
      const change = { patience: 1 };
      const kept = states(change);
      const steps = Math.max(...kept.keys());
      assert.ok(steps < 20);
      let judged = 0;
      const keeping = { ...nothing, last: readFitState(kept.get(steps)!), resume: () => undefined };
      const judge = (): number => (judged += 1);
      assert.deepEqual(
        fitParameters({ ...own, judge }, start, usual({ ...change, keeping })),
        fitParameters(own, start, usual(change)),
      );
      assert.equal(judged, 0);
    });
  });

  it('are known by the queries that are held out, in their order, and by how many learn', () => {
    const some = (...rows: number[]) => ({ rows: Float32Array.from(rows), selves: null });
    const split = { training: some(1, 2), choosing: some(3), judging: some(4) };
    const hash = heldOutHash(split);
    assert.equal(heldOutHash({ ...split, training: some(8, 9) }), hash);
    for (const other of [{ training: some(1) }, { choosing: some(4), judging: some(3) }, { judging: some(5) }])
      assert.notEqual(heldOutHash({ ...split, ...other }), hash);
  });
});
