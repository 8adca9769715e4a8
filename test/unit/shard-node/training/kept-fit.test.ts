import assert from 'node:assert/strict';
import { keptFit } from '../../../../shard-node/training/kept-fit.js';
import { readFitState, writeFitState, type FitState } from '../../../../trainer/learned/fit-state.js';
import { FakeClock } from '../../../fake-clock.js';
import { noLeavings } from './small-structures.js';

const parameters = { words: Float64Array.of(1, 2), adapter: null, biases: null };
const state: FitState = {
  ...{ inputs: 3n, step: 60, parameters, startScore: 0.5, losses: 0, counted: 0 },
  moments: [{ means: Float64Array.of(0, 0), squares: Float64Array.of(1, 1) }],
  ...{ best: { parameters, score: 0.5, at: 0 }, curve: [], order: Uint32Array.of(4), random: [1, 2, 3, 4] },
};
const wholeShare = (share: number): number => share / 2;

describe('what is kept of a fit', () => {
  it('is left every so often, and at the end, as a file', async () => {
    const clock = new FakeClock();
    const left: [number, FitState][] = [];
    const leavings = {
      ...noLeavings,
      left: (step: number, bytes: Uint8Array) => void left.push([step, readFitState(bytes)]),
    };
    const { offer, last } = keptFit({ everyMs: 100, last: null }, { clock, leavings, wholeShare });
    assert.equal(last, null);
    const untaken = (): FitState => assert.fail('it is too early');
    await clock.advance(99);
    offer(untaken, false);
    await clock.advance(1);
    offer(() => state, false);
    offer(untaken, false);
    offer(() => ({ ...state, step: 61 }), true);
    assert.deepEqual(left, [
      [60, state],
      [61, { ...state, step: 61 }],
    ]);
  });

  it('is gone on from where it can be read, at its share of the whole', () => {
    const told: unknown[] = [];
    const leavings = {
      ...noLeavings,
      resumed: (share: number) => void told.push(share),
      refused: (why: string) => void told.push(why),
    };
    const parts = { clock: new FakeClock(), leavings, wholeShare };
    const kept = keptFit({ everyMs: 1, last: writeFitState(state) }, parts);
    assert.deepEqual(kept.last, state);
    kept.resume(0.5);
    kept.refuse('other queries');
    assert.deepEqual(told, [0.25, 'other queries']);
    assert.equal(keptFit({ everyMs: 1, last: Uint8Array.of(7) }, parts).last, null);
    assert.match(String(told.at(-1)), /damaged/);
  });
});
