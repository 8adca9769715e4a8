/**
 * Beside the clients: the collection is trained again and again, and its longer lists are split, by coordinators and nodes that may die of whatever comes; what was
 * ordered is taken up by whoever is left, also without its caller, and may be cancelled. Now and then
 * somebody hears late of what serves, and whoever asks through coordinators then finds all of it none the less.
 */
import { keys } from '../../cluster/keys.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { TrainingService } from '../../proto/generated/shoal/v1/training.js';
import type { SimClient } from './client.js';
import type { Machine } from './machine.js';
import { search } from './searches.js';
import type { Session } from './session.js';

/** Tells it until it is over. */
export async function tellTrainStory(session: Session, client: SimClient, isOver: () => boolean): Promise<void> {
  const { cluster, random } = session;
  const { network, registry } = cluster.world;
  while (!isOver()) {
    await cluster.scheduler.sleep(random.unit() * 1_500);
    const late = random.below(4) === 0 ? null : cluster.machines[random.below(cluster.machines.length)]!;
    if (late !== null) network.setDelay(registry.name, late.name, 50 + random.unit() * 400);
    await Promise.all([train(session, client, any(session)), askWhenPublished(session, client)]);
    if (late !== null) network.setDelay(registry.name, late.name, 0);
  }
}

/** As soon as another structure is written down, which not everybody has heard of yet; or after a while. */
async function askWhenPublished(session: Session, client: SimClient): Promise<void> {
  const { cluster, random } = session;
  const before = structureVersion(session);
  const endMs = cluster.scheduler.nowMs + 3_000;
  while (structureVersion(session) === before && cluster.scheduler.nowMs < endMs) await cluster.scheduler.sleep(10);
  for (let at = 0; at < 6; at += 1) {
    await search(session, { client, coordinator: any(session) }, true, session.ids.length);
    await cluster.scheduler.sleep(random.unit() * 60);
  }
}

function structureVersion({ cluster, collection }: Session): number {
  const entry = cluster.world.registry.get(keys.setting(collection.uid));
  return entry === null ? 0 : CollectionSettings.decode(entry.value).structureVersion;
}

async function train(session: Session, client: SimClient, coordinator: Machine): Promise<void> {
  const { cluster, random, collection } = session;
  const dryRun = random.below(8) === 0;
  const isFirst = structureVersion(session) === 0;
  const isNew = random.below(4) === 0 || isFirst;
  const seed = random.below(1_000_000);
  const method = !isNew ? 'split' : isFirst && seed % 4 === 0 ? 'rabitq' : 'structure';
  const request = { collection: collection.name, method, dryRun, seed, queries: [], relevant: [] };
  // Some callers go away before it is done, and it goes on without them, unless they cancel it.
  const ms = random.below(4) === 0 ? random.unit() * 1_500 : 30_000;
  const { answer, error } = await client.read(coordinator, TrainingService.train, request, ms);
  session.note(method, 1, error);
  if (error !== null && seed % 3 === 0)
    await client.call(any(session), TrainingService.cancelTraining, { collection: collection.name }, 10_000);
  if (answer === null) return;
  const result = answer.at(-1)?.result;
  if (result === undefined) return session.fail('a training ends without a result');
  cluster.diary.say('trainer', result.published ? `codebook ${result.version} serves` : result.reason);
  if (result.published === dryRun)
    session.fail(`a training with dry run ${String(dryRun)} says: ${JSON.stringify(result)}`);
}

function any({ cluster: { coordinators }, random }: Session): Machine {
  return coordinators[random.below(coordinators.length)]!;
}
