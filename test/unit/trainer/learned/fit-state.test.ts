import assert from 'node:assert/strict';
import { readFitState, writeFitState, type FitState } from '../../../../trainer/learned/fit-state.js';

const numbers = (from: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, at) => from + at / 7);

function stateOf(hasAdapter: boolean, hasBiases: boolean): FitState {
  const part = (from: number) => ({
    words: numbers(from, 6),
    adapter: hasAdapter ? numbers(from + 10, 4) : null,
    biases: hasBiases ? numbers(from + 20, 3) : null,
  });
  const sizes = [6, ...(hasAdapter ? [4] : []), ...(hasBiases ? [3] : [])];
  return {
    ...{ inputs: 2n ** 64n - 5n, step: 60, startScore: 0.1, losses: 1.25, counted: 7 },
    parameters: part(1),
    moments: sizes.map((size) => ({ means: numbers(-3, size), squares: numbers(9, size) })),
    best: { parameters: part(2), score: Number.NEGATIVE_INFINITY, at: 1 },
    curve: [
      { share: 0.25, loss: 1, score: 0.2, best: 0.2 },
      { share: 0.5, loss: 0.5, score: 0.3, best: 0.3 },
    ],
    ...{ order: Uint32Array.of(5, 3, 4_000_000_000), random: [-1, 2 ** 31 - 1, -(2 ** 31), 0] },
  };
}

describe('the state of a fit as a file', () => {
  it('comes back as it was, with any of its tables', () => {
    for (const [hasAdapter, hasBiases] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const state = stateOf(hasAdapter, hasBiases);
      assert.deepEqual(readFitState(writeFitState(state)), state);
    }
  });

  it('is refused when any byte is damaged, something is missing, or it is something else', () => {
    const bytes = writeFitState(stateOf(true, false));
    for (let at = 0; at < bytes.length; at += 11) {
      const damaged = bytes.slice();
      damaged[at]! ^= 4;
      assert.throws(() => readFitState(damaged), { name: 'ShoalError' });
    }
    assert.throws(() => readFitState(bytes.subarray(0, bytes.length - 8)), { code: 'DATA_LOSS' });
    assert.throws(() => readFitState(Uint8Array.of(1, 2, 3)), { code: 'DATA_LOSS', message: /begins anew/ });
  });

  it('of a newer format is left to a newer version', () => {
    const bytes = writeFitState(stateOf(true, true));
    bytes[4] = 2;
    assert.throws(() => readFitState(bytes), { code: 'FAILED_PRECONDITION', message: /newer Shoal/ });
  });
});
