/**
 * A partition without data takes over the state of another copy: entries, verdicts and marks, page after page.
 *
 * It is exactly what that copy has committed after one log position; from there on the log is heard as usual. What was taken of a state
 * that cannot be read to its end is of no use, since the next one may lack of it.
 */
import { sleep, type Clock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import type { ReadCopyResponse } from '../../../proto/generated/shoal/v1/directory.js';
import { Slices } from '../../../vector-index/maintenance/slices.js';
import type { PartitionState } from '../partition-state.js';
import { entriesIn, verdictsIn } from './copy-page.js';
import type { OtherCopy } from './other-copies.js';

const pageMs = 10_000;
const retryMs = 500;
/** A copy that gives nothing for so long is asked no more; it holds the state somewhat longer. */
const silentMs = 45_000;
/** Entries that are stored at once. */
const storedAtOnce = 65_536;

export interface CopyParts {
  readonly state: PartitionState;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  hinder(error: ShoalError | null): void;
}

/** The first page of what `copy` has; null when it has no data either. Rejects when it cannot say. */
export async function beginCopy(
  copy: OtherCopy,
  { clock, signal }: Pick<CopyParts, 'clock' | 'signal'>,
): Promise<ReadCopyResponse | null> {
  const page = await read(copy, { state: 0n, afterId: '', verdictsFrom: 0 }, { clock, signal });
  return page.state === 0n ? null : page;
}

/**
 * Makes `state`, which knows nothing yet, that of `copy`, of which `first` is the first page; stored when it resolves. ABORTED when the
 * copy does not give the rest: then what is stored is no state. Resolves early when `signal` aborts.
 */
export async function takeCopy(copy: OtherCopy, first: ReadCopyResponse, parts: CopyParts): Promise<void> {
  const { state, clock, signal } = parts;
  const codes = first.subjects.map(({ subject, sequence }) => {
    const code = state.codeOf(subject);
    state.subjects.note(code, sequence);
    state.subjects.settle(code, sequence);
    return code;
  });
  const slices = new Slices(clock);
  const at = { state: first.state, afterId: '', verdictsFrom: 0 };
  for (let page = first; ; page = await readOn(copy, at, parts)) {
    if (signal.aborted) return;
    for (const { id, entry } of entriesIn(page, codes)) {
      state.restore(id, entry);
      if (slices.isOver) await slices.pause();
    }
    for (const verdict of verdictsIn(page)) state.restoreVerdict(verdict);
    // Under position 0: what is stored before the end is no state, and thrown away after a crash.
    if (state.changed >= storedAtOnce) await state.commit(0n);
    if (page.done) break;
    at.afterId = page.ids.at(-1) ?? at.afterId;
    at.verdictsFrom += page.verdicts.length;
  }
  state.moveTo(first.committed, first);
  await state.commit();
}

async function readOn(
  copy: OtherCopy,
  at: Parameters<OtherCopy['read']>[0],
  { clock, signal, hinder }: CopyParts,
): Promise<ReadCopyResponse> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      const page = await read(copy, at, { clock, signal });
      hinder(null);
      return page;
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      const isOver = signal.aborted || clock.monotonicMs() - startedMs > silentMs;
      if (isOver || !['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code)) {
        const what = `the copy on node '${copy.node}' was not read to its end: ${error.message}`;
        throw new ShoalError('ABORTED', what, { cause: error });
      }
      hinder(error);
    }
    await sleep(clock, retryMs, signal);
  }
}

async function read(
  copy: OtherCopy,
  at: Parameters<OtherCopy['read']>[0],
  { clock, signal }: Pick<CopyParts, 'clock' | 'signal'>,
): Promise<ReadCopyResponse> {
  const deadline = Deadline.after(clock, pageMs, signal);
  try {
    return await copy.read(at, deadline);
  } finally {
    deadline.close();
  }
}
