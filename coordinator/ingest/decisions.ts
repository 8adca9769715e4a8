/**
 * What the directory decides: deletes, and writes that depend on a condition.
 *
 * A decision record is appended to the directory's subject; every partition that holds one of its ids says what became of it, once
 * everything that it caused is in the log. A record whose outcome cannot be learned in time may have been carried out.
 */
import type { Clock } from '../../base/clock.js';
import { sleep } from '../../base/clock.js';
import { uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog, LogRecord } from '../../cluster/change-log.js';
import { directorySubject, keys, streamOf } from '../../cluster/keys.js';
import { idsOf } from '../../cluster/log/record-headers.js';
import type { Registry } from '../../cluster/registry.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Verdict, type AwaitVerdictsResponse } from '../../proto/generated/shoal/v1/directory.js';
import { atPartition, byPartition } from '../directories.js';
import type { Peers } from '../peers.js';
import type { Appenders } from './appenders.js';

/** Before a partition that has no copy ready is asked again; twice as long each time, up to the longest. */
const retryMs = 50;
const retryMsMax = 800;

export interface DecisionParts {
  readonly log: ChangeLog;
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly appenders: Appenders;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Of the version written, or of the one that made the condition fail; 0 = none. */
  readonly docId: bigint;
}

export interface Decided {
  /** Log position of the record. */
  readonly sequence: bigint;
  /** One for each id of the record, in order. */
  readonly decisions: readonly Decision[];
}

/** Appends `record`, a delete or conditional write, and waits for its verdicts. DEADLINE_EXCEEDED and UNAVAILABLE: it may have happened. */
export async function decide(
  record: LogRecord,
  settings: CollectionSettings,
  parts: DecisionParts,
  deadline: Deadline,
): Promise<Decided> {
  const { uid } = settings;
  // Refused before it is appended where the collection's log must not be written.
  parts.appenders.routeOf(settings);
  const sequence = await parts.log.append(streamOf(uid), directorySubject(uid), record, deadline);
  parts.appenders.noteWritten(uid, sequence);
  return { sequence, decisions: await verdicts(sequence, idsOf(record), settings, { parts, deadline }) };
}

interface Asking {
  readonly parts: DecisionParts;
  readonly deadline: Deadline;
}

async function verdicts(
  sequence: bigint,
  ids: readonly string[],
  settings: CollectionSettings,
  asking: Asking,
): Promise<readonly Decision[]> {
  const decisions = new Array<Decision>(ids.length);
  let open: readonly number[] = ids.map((_, position) => position);
  for (let round = 0; open.length > 0; round += 1) {
    // An id that moved to another partition meanwhile is asked for there.
    if (round > 0) await pauseFor(settings, asking, round - 1);
    const some = open;
    const groups = byPartition(
      asking.parts.view.current(),
      settings.uid,
      some.map((at) => ids[at]!),
    );
    const asked = groups.map(async ({ placement, positions }) => {
      const request = { uid: settings.uid, partition: placement.partition, sequence };
      const answer = await patiently(settings, asking, () =>
        atPartition(placement, asking.parts.view, asking.deadline, (address) =>
          asking.parts.peers.awaitVerdicts(address, request, asking.deadline),
        ),
      );
      const docIds = uint64From(answer.docIds, 'docIds of verdicts');
      for (const i of positions) decisions[some[i]!] = decisionAt(some[i]!, answer, docIds);
    });
    await Promise.all(asked);
    open = some.filter((at) => decisions[at]!.verdict === Verdict.VERDICT_ELSEWHERE);
  }
  return decisions;
}

function decisionAt(position: number, answer: AwaitVerdictsResponse, docIds: BigUint64Array): Decision {
  const verdict = answer.verdicts[position];
  if (verdict === undefined || verdict === Verdict.VERDICT_UNSPECIFIED || verdict === Verdict.UNRECOGNIZED) {
    throw new ShoalError('INTERNAL', `the directory gave no verdict on position ${position} of a record`);
  }
  return { verdict, docId: docIds[position] ?? 0n };
}

/** The record is in the log and will be decided, so a partition that cannot be asked now is asked until the deadline. */
async function patiently<T>(settings: CollectionSettings, asking: Asking, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error.code !== 'UNAVAILABLE') throw error;
      await pauseFor(settings, asking, attempt);
    }
  }
}

async function pauseFor(
  { uid, name }: CollectionSettings,
  { parts, deadline }: Asking,
  attempt: number,
): Promise<void> {
  deadline.check();
  if ((await parts.registry.get(keys.setting(uid))) === null) {
    throw new ShoalError('NOT_FOUND', `collection '${name}' was dropped meanwhile`);
  }
  await sleep(parts.clock, Math.min(retryMs * 2 ** attempt, retryMsMax), deadline.signal);
  deadline.check();
}
