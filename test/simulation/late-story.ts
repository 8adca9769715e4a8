/**
 * Beside the clients: now and then copies of the directory take long to reach the log, and some far longer than others, while writes with
 * a condition are soon replaced or deleted. What a slow copy appends then comes after all that a quick one made of it.
 */
import { keys } from '../../cluster/keys.js';
import { DirectoryPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { conditionalUpsert } from './conditional-writes.js';
import type { SimClient } from './client.js';
import { search } from './searches.js';
import type { Session } from './session.js';
import { deleteIds, upsert, type Seat } from './writes.js';

/** Tells it until it is over. */
export async function tellLateStory(session: Session, client: SimClient, isOver: () => boolean): Promise<void> {
  const { cluster, random } = session;
  const { network } = cluster.world;
  while (!isOver()) {
    await cluster.scheduler.sleep(random.unit() * 4_000);
    const nodes = nodesOf(session);
    const ms = 40 + random.unit() * 120;
    for (const node of nodes) network.setDelay(node, 'log', random.below(2) === 0 ? ms : ms * (3 + random.unit() * 5));
    for (let round = 0; round < 4 && !isOver(); round += 1) {
      const coordinator = cluster.coordinators[random.below(cluster.coordinators.length)]!;
      await replaceSoon(session, { client, coordinator }, ms);
    }
    for (const node of nodes) network.setDelay(node, 'log', 0);
  }
}

/** Some ids are written and, as soon as that is known, written or deleted again; then somebody looks for a while. */
async function replaceSoon(session: Session, seat: Seat, ms: number): Promise<void> {
  const { random, cluster } = session;
  const ids = session.drawIds(1 + random.below(4));
  await conditionalUpsert(session, seat, ids);
  await (random.below(2) === 0 ? deleteIds(session, seat, ids) : upsert(session, seat, ids));
  for (let look = 0; look < 8; look += 1) {
    await cluster.scheduler.sleep(random.unit() * 2 * ms);
    await search(session, seat, true, session.ids.length);
  }
}

/** Nodes with copies of the collection's directory. */
function nodesOf({ cluster, collection: { uid } }: Session): readonly string[] {
  const placements = cluster.world.registry.list(keys.directories).map(({ value }) => DirectoryPlacement.decode(value));
  return [...new Set(placements.filter((each) => each.uid === uid).flatMap(({ nodes }) => nodes))];
}
