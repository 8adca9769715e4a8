/** Beside the clients: replicas move from node to node, ordered by callers and carried out by coordinators that may be gone before it is done. */
import { keys } from '../../cluster/keys.js';
import { ClusterService, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { lostMessage } from './lost-data.js';
import type { SimClient } from './client.js';
import type { Session } from './session.js';

/** Tells it until it is over. */
export async function tellMoveStory(session: Session, client: SimClient, isOver: () => boolean): Promise<void> {
  const { cluster, random, collection } = session;
  const { coordinators, shardNodes, scheduler, diary } = cluster;
  diary.expectLoss(lostMessage);
  const any = <T>(of: readonly T[]): T => of[random.below(of.length)]!;
  while (!isOver()) {
    await scheduler.sleep(random.unit() * 2_000);
    const placements = cluster.world.registry.list(keys.placementsOf(collection.uid));
    const { shard, nodes } = ShardPlacement.decode(any(placements).value);
    const request = { collection: collection.name, shard, from: any(nodes), to: any(shardNodes).name };
    const ms = random.below(3) === 0 ? random.unit() * 300 : 20_000;
    const { answer, error } = await client.call(any(coordinators), ClusterService.moveReplica, request, ms);
    session.note('move', 1, error);
    if (answer !== null) diary.say('mover', `shard ${shard} is on ${answer.nodes.join(', ')}`);
    if (answer?.nodes.includes(request.to) === false)
      session.fail(`a move to ${request.to} ends on ${answer.nodes.join()}`);
  }
}
