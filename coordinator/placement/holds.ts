/**
 * Holds: as long as one is placed, nothing above its position is purged from the log of its collection.
 *
 * A hold counts from the moment that `placeHold` returns; what was purged before is told by the floors, which its owner reads then.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { keys, positionIn, positionValue } from '../../cluster/keys.js';
import type { Lease, Registry } from '../../cluster/registry.js';
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';

/** A hold's place: its collection, and a name that no other hold of it has. */
export interface HoldName {
  readonly uid: string;
  readonly name: string;
  /** Takes the hold away when its owner is gone. */
  readonly lease?: Lease;
}

/**
 * Holds the log at `position`, or moves the hold there. NOT_FOUND when the collection is gone. It writes the settings again, so that
 * a floor that was decided without it is not written any more.
 */
export async function placeHold(
  { uid, name, lease }: HoldName,
  position: bigint,
  registry: Registry,
  deadline: Deadline,
): Promise<void> {
  for (;;) {
    deadline.check();
    const setting = await registry.get(keys.setting(uid));
    if (setting === null) throw new ShoalError('NOT_FOUND', `the collection with uid ${uid} was dropped meanwhile`);
    const revision = await registry.transact(
      [{ key: setting.key, revision: setting.revision }],
      [
        {
          operation: 'put',
          key: keys.hold(uid, name),
          value: positionValue(position),
          ...(lease === undefined ? {} : { lease }),
        },
        { operation: 'put', key: setting.key, value: setting.value },
      ],
    );
    if (revision !== null) return;
  }
}

/** Takes a hold away. Idempotent. */
export async function releaseHold({ uid, name }: HoldName, registry: Registry): Promise<void> {
  await registry.transact([], [{ operation: 'delete', key: keys.hold(uid, name) }]);
}

/** Whether something holds the collection's log, as `map` has it: a backup is under way. */
export function isHeld({ holds }: Pick<ClusterMap, 'holds'>, uid: string): boolean {
  return [...holds.keys()].some((name) => name.startsWith(`${uid}/`));
}

/** The smallest position at which the collection's log is held; null = it is not. */
export async function heldAt(uid: string, registry: Registry): Promise<bigint | null> {
  const positions = (await registry.list(keys.holdsOf(uid))).map(({ value }) => positionIn(value));
  const [first, ...others] = positions;
  if (first === undefined) return null;
  return others.reduce((smallest, position) => (position < smallest ? position : smallest), first);
}
