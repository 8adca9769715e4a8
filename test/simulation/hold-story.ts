/** Beside the clients: somebody holds the log now and then, as a backup does, and nothing above the hold may go meanwhile. */
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { keys, positionIn } from '../../cluster/keys.js';
import { placeHold, releaseHold } from '../../coordinator/placement/holds.js';
import type { Session } from './session.js';
import { SimProcess } from './sim/process.js';
import { SimRegistry } from './sim/registry.js';

/** Tells it until it is over. */
export async function tellHoldStory(session: Session, isOver: () => boolean): Promise<void> {
  const { cluster, random } = session;
  const process = new SimProcess('holder', cluster.scheduler);
  const registry = new SimRegistry(cluster.world.network, process, cluster.world.registry);
  for (let number = 0; !isOver(); number += 1) {
    await cluster.scheduler.sleep(random.unit() * 3_000);
    const hold = { uid: session.collection.uid, name: `hold-${number}` };
    // Some of what is there already is held too, as by a backup, which begins with what the oldest replica lacks.
    const back = BigInt(random.below(40));
    const position = back < session.oracle.lastSequence ? session.oracle.lastSequence - back : 0n;
    const place = (deadline: Deadline): Promise<void> => placeHold(hold, position, registry, deadline);
    if (await succeeds(session, process, place)) await keep(session, position, isOver);
    while (!(await succeeds(session, process, () => releaseHold(hold, registry)))) await cluster.scheduler.sleep(200);
  }
}

/** For a while all that the log had above `position` and the floors, when the hold was placed, stays there. */
async function keep(session: Session, position: bigint, isOver: () => boolean): Promise<void> {
  const { cluster, collection, random } = session;
  const floors = floorsOf(session);
  const least = (subject: string): bigint => larger(floors.get(subject) ?? 0n, position);
  const stream = cluster.world.log.stream(collection.uid);
  const held = stream.entries.filter(({ sequence, subject }) => sequence > least(subject));
  cluster.diary.say('holder', `holds the log at ${position}`);
  const untilMs = cluster.scheduler.nowMs + 200 + random.unit() * 6_000;
  while (cluster.scheduler.nowMs < untilMs && !isOver()) await cluster.scheduler.sleep(100);
  for (const [subject, floor] of floorsOf(session)) {
    if (floor > least(subject)) session.fail(`the floor of ${subject} is ${floor}, and the log is held at ${position}`);
  }
  const gone = held.find(({ sequence }) => stream.read(sequence) === null);
  if (gone !== undefined) session.fail(`record ${gone.sequence} is purged, and the log is held at ${position}`);
}

function floorsOf({ cluster, collection }: Session): ReadonlyMap<string, bigint> {
  const entries = cluster.world.registry.list(keys.floorsOf(collection.uid));
  return new Map(entries.map(({ key, value }) => [key.slice(keys.floor('').length), positionIn(value)]));
}

async function succeeds(
  session: Session,
  process: SimProcess,
  act: (deadline: Deadline) => Promise<void>,
): Promise<boolean> {
  const deadline = Deadline.after(process.clock, 5_000);
  try {
    await act(deadline);
    return true;
  } catch (error) {
    const { code, message } = ShoalError.from(error);
    session.cluster.diary.say('holder', `${code}: ${message}`);
    return false;
  } finally {
    deadline.close();
  }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
