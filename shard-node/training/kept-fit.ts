/** When the state of a fit is left, and what it goes on from: files at the edges, states inside. */
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { FitKeeping } from '../../trainer/learned/fit-parameters.js';
import { readFitState, writeFitState, type FitState } from '../../trainer/learned/fit-state.js';
import type { Leavings, TrainingTask } from './run-training.js';

export interface KeptFitParts {
  readonly clock: Clock;
  readonly leavings: Leavings;
  /** Of the whole training, where the fit is at `share` of its own. */
  readonly wholeShare: (share: number) => number;
}

/** Leaves a state every so often, and at the end. One that cannot be read is refused. */
export function keptFit(
  { everyMs, last }: NonNullable<TrainingTask['checkpoints']>,
  { clock, leavings, wholeShare }: KeptFitParts,
): FitKeeping {
  let leftMs = clock.monotonicMs();
  return {
    last: last === null ? null : stateIn(last, leavings),
    refuse: (why) => leavings.refused(why),
    resume: (share) => leavings.resumed(wholeShare(share)),
    offer: (take, isEnd) => {
      const nowMs = clock.monotonicMs();
      if (!isEnd && nowMs - leftMs < everyMs) return;
      leftMs = nowMs;
      const state = take();
      leavings.left(state.step, writeFitState(state));
    },
  };
}

function stateIn(bytes: Uint8Array, leavings: Leavings): FitState | null {
  try {
    return readFitState(bytes);
  } catch (thrown) {
    leavings.refused(ShoalError.from(thrown).message);
    return null;
  }
}
