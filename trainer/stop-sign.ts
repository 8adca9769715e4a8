/** How a caller ends a training that blocks its thread. */
import { ShoalError } from '../base/errors.js';

/**
 * What says that a training has to end; looked at every few milliseconds. An `AbortSignal` is one where somebody on the same thread can
 * abort it (a progress call); across threads, an object whose getter reads memory that both share.
 */
export interface StopSign {
  readonly aborted: boolean;
}

/** CANCELLED once the sign says so. */
export function refuseStopped(signal: StopSign | undefined): void {
  if (signal?.aborted === true) throw new ShoalError('CANCELLED', 'the training was stopped before it ended');
}
