/** A training that is stopped between two rounds, and gone on with from the file that it left. */
import assert from 'node:assert/strict';
import type { FitKeeping } from '../../../../trainer/learned/fit-parameters.js';
import { readFitState, writeFitState } from '../../../../trainer/learned/fit-state.js';

const nothing: FitKeeping = {
  last: null,
  refuse: (why) => assert.fail(why),
  resume: () => assert.fail('there is nothing to go on from'),
  offer: () => undefined,
};

/** Runs `train` until `steps` steps are done, and what was left then to its end. */
export function stoppedAfter<Result>(steps: number, train: (keeping: FitKeeping) => Result): Result {
  let left: Uint8Array | null = null;
  class Stopped extends Error {}
  const offer: FitKeeping['offer'] = (take) => {
    const state = take();
    if (state.step < steps) return;
    left = writeFitState(state);
    throw new Stopped();
  };
  assert.throws(() => train({ ...nothing, offer }), Stopped);
  const resumed: number[] = [];
  const result = train({ ...nothing, last: readFitState(left!), resume: (share) => void resumed.push(share) });
  assert.ok(resumed.length === 1 && resumed[0]! > 0);
  return result;
}
