/**
 * Read-your-writes: what every replica must have applied so that an answer shows everything up to a log position S.
 *
 * Each partition of the directory waits until it has committed S and says T, the last position that it caused by then. A replica then
 * needs, of its subject, min(L, max(S, T)), where L is the subject's last position. Where the records up to there were written under
 * a newer map than this coordinator's, it waits for that map first: else it would not know whom to ask.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { shardSubject } from '../../cluster/keys.js';
import { epochOf, placementsOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { AwaitCommittedResponse, SubjectMark } from '../../proto/generated/shoal/v1/directory.js';
import { atPartition, partitionsOf } from '../directories.js';
import type { Peers } from '../peers.js';

/** So often the map may change while positions are asked for. */
const roundsMax = 8;

export interface Required {
  /** The picture of the cluster to which the marks belong. */
  readonly map: ClusterMap;
  /** Subject → position that a replica must have applied; any position does for a subject that is not there. */
  readonly marks: ReadonlyMap<string, bigint>;
  /** Why nobody can say what to wait for, so that no shard can be asked; null = known. */
  readonly unknown: string | null;
}

export interface RequiredParts {
  readonly view: ClusterView;
  readonly peers: Peers;
}

/** FAILED_PRECONDITION when `position` belongs to another collection, also to one of the same name before it. */
export function checkSequenceUid(
  position: { readonly uid: string; readonly sequence: bigint },
  settings: Pick<CollectionSettings, 'name' | 'uid'>,
): void {
  if (position.uid === '' || position.uid === settings.uid) return;
  const what = `min_sequence belongs to uid ${position.uid}, collection '${settings.name}' is now ${settings.uid}`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; drop min_sequence or write again`);
}

/** The subject that the shard of `placement` hears. */
export function subjectOf({ uid, generation, shard }: ShardPlacement): string {
  return shardSubject(uid, generation, shard);
}

/** What the replicas of `placement` have to have applied. */
export function marksFor(placement: ShardPlacement, { marks }: Pick<Required, 'marks'>): SubjectMark[] {
  const subject = subjectOf(placement);
  const sequence = marks.get(subject) ?? 0n;
  return sequence === 0n ? [] : [{ subject, sequence }];
}

/**
 * What shows everything up to `sequence` of the collection `uid`; nothing is required for 0. OUT_OF_RANGE when the log has not given
 * that position yet, UNAVAILABLE or DEADLINE_EXCEEDED when a partition does not answer.
 */
export async function requiredFor(
  uid: string,
  sequence: bigint,
  { view, peers }: RequiredParts,
  deadline: Deadline,
): Promise<Required> {
  if (sequence === 0n) return { map: view.current(), marks: new Map(), unknown: null };
  for (let round = 0; round < roundsMax; round += 1) {
    const map = view.current();
    const subjects = placementsOf(map, uid).map(subjectOf);
    const answers = await Promise.all(
      partitionsOf(map, uid).map((placement) =>
        atPartition(placement, view, deadline, (address, { partition }, share) =>
          peers.awaitCommitted(address, { uid, partition, sequence, subjects }, share),
        ),
      ),
    );
    const epoch = answers.reduce((largest, answer) => (answer.epoch > largest ? answer.epoch : largest), 0n);
    if (epoch <= epochOf(map)) return { map, marks: marksOf(answers, sequence), unknown: null };
    const what = `the cluster map of epoch ${epoch}, under which position ${sequence} was written`;
    await view.when((newer) => (epochOf(newer) >= epoch ? true : undefined), what, deadline);
  }
  throw new ShoalError('UNAVAILABLE', `the cluster map changes faster than it can be followed; try again`);
}

/** The same for a search, where a directory that does not answer leaves every shard a hole rather than failing the question. */
export async function requiredOrUnknown(
  uid: string,
  sequence: bigint,
  parts: RequiredParts,
  deadline: Deadline,
): Promise<Required> {
  try {
    return await requiredFor(uid, sequence, parts, deadline);
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code !== 'UNAVAILABLE' && error.code !== 'DEADLINE_EXCEEDED') throw error;
    const unknown = `what position ${sequence} needs is not known: ${error.message}`;
    return { map: parts.view.current(), marks: new Map(), unknown };
  }
}

/** The partition that caused the last record has heard it, and so knows the last positions as of then. */
function marksOf(answers: readonly AwaitCommittedResponse[], sequence: bigint): ReadonlyMap<string, bigint> {
  const marks = new Map<string, bigint>();
  const [first, ...others] = answers;
  if (first === undefined) return marks;
  const latest = others.reduce((best, answer) => (answer.caused > best.caused ? answer : best), first);
  const upTo = latest.caused > sequence ? latest.caused : sequence;
  for (const { subject, sequence: last } of latest.last) marks.set(subject, last < upTo ? last : upTo);
  return marks;
}
