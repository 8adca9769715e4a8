/** Beside the clients: the collection is trained again and again, by coordinators and nodes that may die of whatever comes. */
import { TrainingService } from '../../proto/generated/shoal/v1/training.js';
import type { SimClient } from './client.js';
import type { Session } from './session.js';

/** Tells it until it is over. */
export async function tellTrainStory(session: Session, client: SimClient, isOver: () => boolean): Promise<void> {
  const { cluster, random, collection } = session;
  while (!isOver()) {
    await cluster.scheduler.sleep(random.unit() * 4_000);
    const coordinator = cluster.coordinators[random.below(cluster.coordinators.length)]!;
    const request = {
      collection: collection.name,
      method: 'structure',
      dryRun: random.below(8) === 0,
      seed: random.below(1_000_000),
    };
    // Some callers go away before it is done.
    const ms = random.below(4) === 0 ? random.unit() * 1_500 : 30_000;
    const { answer, error } = await client.read(coordinator, TrainingService.train, request, ms);
    session.note('train', 1, error);
    const result = answer?.at(-1)?.result;
    if (answer !== null && result === undefined) return session.fail('a training ends without a result');
    if (result?.published === true) cluster.diary.say('trainer', `codebook ${result.version} serves`);
    if (result !== undefined && result.published === request.dryRun)
      return session.fail(`a training with dry run ${String(request.dryRun)} says: ${JSON.stringify(result)}`);
  }
}
