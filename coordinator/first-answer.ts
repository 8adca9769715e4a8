/**
 * Asking copies of one thing, one after the other, until one answers. A copy that does not answer, or has not heard what it must have
 * heard, leaves time for those behind it.
 */
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';

/** So long a copy may take while there are others; the last one has all the time that is left. */
const patienceMs = 1_000;

/**
 * What `ask` gives at the first of `addresses` that answers; else the last failure, null when there is no address. An error that is not
 * `ofOneCopy` is the caller's own, and thrown; so is the end of `deadline`.
 */
export async function firstAnswer<T>(
  addresses: readonly string[],
  ask: (address: string, deadline: Deadline) => Promise<T>,
  deadline: Deadline,
  ofOneCopy: (error: ShoalError) => boolean,
): Promise<{ readonly answer: T } | { readonly failure: ShoalError | null }> {
  let failure: ShoalError | null = null;
  for (const [i, address] of addresses.entries()) {
    deadline.check();
    const left = addresses.length - 1 - i;
    const share = left === 0 ? deadline : deadline.within(Math.min(patienceMs, deadline.remainingMs() / (left + 1)));
    try {
      return { answer: await ask(address, share) };
    } catch (thrown) {
      failure = ShoalError.from(thrown);
      const isLate = failure.code === 'DEADLINE_EXCEEDED' && left > 0 && deadline.ended === null;
      if (!isLate && !ofOneCopy(failure)) throw failure;
    } finally {
      if (share !== deadline) share.close();
    }
  }
  return { failure };
}
