/**
 * Beside the clients: documents that are about to be swept are renewed, while coordinators hear late what they ask the shards for. What a
 * sweep found expired often is not any longer when it is deleted.
 */
import type { SimClient } from './client.js';
import { lastingAfterMs, sweptAfterMs, type Session } from './session.js';
import { upsert } from './writes.js';

/** Tells it until it is over. */
export async function tellExpiryStory(session: Session, client: SimClient, isOver: () => boolean): Promise<void> {
  const { cluster, random } = session;
  while (!isOver()) {
    await cluster.scheduler.sleep(random.unit() * 4_000);
    slowDown(session, 50 + random.unit() * 800);
    for (let round = 0; round < 4 && !isOver(); round += 1) {
      const coordinator = cluster.coordinators[random.below(cluster.coordinators.length)]!;
      const ids = session.drawIds(1 + random.below(6));
      await upsert(session, { client, coordinator }, ids, -sweptAfterMs);
      await cluster.scheduler.sleep(random.unit() * 1_000);
      await upsert(session, { client, coordinator }, ids, lastingAfterMs);
    }
    slowDown(session, 0);
  }
}

/** Answers of shard nodes take `ms` more on their way to coordinators. */
function slowDown({ cluster }: Session, ms: number): void {
  for (const node of cluster.shardNodes)
    for (const coordinator of cluster.coordinators) cluster.world.network.setDelay(node.name, coordinator.name, ms);
}
