/** Looking at collections, changing their settings, dropping them. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { keys, streamOf } from '../../cluster/keys.js';
import type { Registry, RegistryEntry, RegistryWrite } from '../../cluster/registry.js';
import { collectionNamed, placementsOf } from '../../cluster/shard-map/cluster-map.js';
import {
  CollectionSettings,
  type Collection,
  type UpdateCollectionRequest,
} from '../../proto/generated/shoal/v1/collections.js';
import { knownShardStatistics, type ReadParts } from '../documents/read.js';

export interface ManageParts extends ReadParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
}

/** Settings and size of a collection, without the shards that no replica can count now; the status of the cluster names those. */
export async function describeCollection(
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<Collection> {
  const counts = await knownShardStatistics(settings, parts, deadline);
  const placements = placementsOf(parts.view.current(), settings.uid);
  return {
    settings,
    documents: counts.reduce((sum, { documents }) => sum + documents, 0n),
    diskBytes: counts.reduce((sum, { diskBytes }) => sum + diskBytes, 0n),
    shards: placements.length,
    lists: placements.reduce((sum, { lists }) => sum + lists.length / 4, 0),
  };
}

/** Changes what may change after creation. */
export async function updateCollection(
  request: UpdateCollectionRequest,
  parts: ManageParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  const { uid, replicas } = collectionNamed(parts.view.current(), request.name);
  if (request.replicas !== undefined && request.replicas !== replicas) {
    const why = 'replicas of an existing collection cannot be added or taken away yet';
    throw new ShoalError(
      'UNIMPLEMENTED',
      `${why}; export it and import it into one created with --replicas ${request.replicas}`,
    );
  }
  if (request.targetRecall !== undefined && !(request.targetRecall > 0 && request.targetRecall < 1)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `target recall is ${request.targetRecall}; it must be above 0 and below 1`,
    );
  }
  for (;;) {
    deadline.check();
    const entry = await settingsEntry(uid, request.name, parts);
    const current = CollectionSettings.decode(entry.value);
    const changed = { ...current, targetRecall: request.targetRecall ?? current.targetRecall };
    const value = CollectionSettings.encode(changed).finish();
    const condition = { key: entry.key, revision: entry.revision };
    if ((await parts.registry.transact([condition], [{ operation: 'put', key: entry.key, value }])) !== null)
      return changed;
  }
}

async function settingsEntry(uid: string, name: string, parts: ManageParts): Promise<RegistryEntry> {
  const entry = await parts.registry.get(keys.setting(uid));
  if (entry === null) throw new ShoalError('NOT_FOUND', `collection '${name}' was dropped meanwhile`);
  return entry;
}

/** Deletes a collection with all it holds; gives how many documents that were. */
export async function dropCollection(
  name: string,
  parts: ManageParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  const settings = collectionNamed(parts.view.current(), name);
  const { uid } = settings;
  const placements = await parts.registry.list(keys.placementsOf(uid));
  const floors = await parts.registry.list(keys.floorsOf(uid));
  const writes: RegistryWrite[] = [keys.collection(name), keys.setting(uid)].map((key) => ({
    operation: 'delete',
    key,
  }));
  for (const { key } of [...placements, ...floors]) writes.push({ operation: 'delete', key });
  await parts.registry.transact([], writes);
  await parts.log.dropStream(streamOf(uid));
  parts.appenders.forget(uid);
  await parts.view.when(
    (map) => (map.settings.has(uid) ? undefined : true),
    `collection '${name}' to be gone`,
    deadline,
  );
  return settings;
}
