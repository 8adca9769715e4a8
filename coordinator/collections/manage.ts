/** Looking at collections, changing their settings, dropping them. */
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { keys } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry, RegistryEntry, RegistryWrite } from '../../cluster/registry.js';
import { collectionNamed, placementsOf } from '../../cluster/shard-map/cluster-map.js';
import {
  CollectionSettings,
  type Collection,
  type UpdateCollectionRequest,
} from '../../proto/generated/shoal/v1/collections.js';
import { knownShardStatistics } from '../documents/count.js';
import type { ReadParts } from '../documents/read.js';
import type { Structures } from '../structures.js';
import { latestTraining } from '../training/training-record.js';
import { refusePointedTo } from './aliases.js';
import { clearRemains, leaveRemains } from './remains.js';
import { checkCopies } from './validate.js';

/** How long the log of a dropped collection stays for nodes that are slow to close it. */
const letGoMs = 2_000;

export interface ManageParts extends ReadParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly structures: Structures;
}

/** Settings and size of a collection, and how many shards no replica can count now; the status of the cluster names those. */
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
    shardsUncounted: placements.length - counts.length,
    training: latestTraining(parts.view.current(), settings.uid),
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
    const why = `collection '${request.name}' has ${replicas} replicas of each shard, and keeps that number`;
    const how = `back it up, restore the backup under another name with --replicas ${request.replicas}`;
    throw new ShoalError('UNIMPLEMENTED', `${why}; ${how}, and drop the first one: nothing is encoded again`);
  }
  if (request.targetRecall !== undefined && !(request.targetRecall > 0 && request.targetRecall < 1)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `target recall is ${request.targetRecall}; it must be above 0 and below 1`,
    );
  }
  checkCopies(request.copies ?? 0);
  for (;;) {
    deadline.check();
    const entry = await settingsEntry(uid, request.name, parts);
    const current = CollectionSettings.decode(entry.value);
    const changed = { ...current, ...changesIn(request) };
    const value = CollectionSettings.encode(changed).finish();
    const condition = { key: entry.key, revision: entry.revision };
    if ((await parts.registry.transact([condition], [{ operation: 'put', key: entry.key, value }])) !== null)
      return changed;
  }
}

function changesIn({ targetRecall, autoTrain, copies }: UpdateCollectionRequest): Partial<CollectionSettings> {
  return {
    ...(targetRecall === undefined ? {} : { targetRecall }),
    ...(autoTrain === undefined ? {} : { autoTrain }),
    ...(copies === undefined ? {} : { copies }),
  };
}

async function settingsEntry(uid: string, name: string, parts: ManageParts): Promise<RegistryEntry> {
  const entry = await parts.registry.get(keys.setting(uid));
  if (entry === null) throw new ShoalError('NOT_FOUND', `collection '${name}' was dropped meanwhile`);
  return entry;
}

/** Deletes a collection with all it holds. FAILED_PRECONDITION while an alias points to it, and when `name` is an alias itself. */
export async function dropCollection(
  name: string,
  parts: ManageParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  const settings = collectionNamed(parts.view.current(), name);
  if (settings.name !== name) {
    const what = `'${name}' is an alias of collection '${settings.name}'`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; drop the alias, or the collection by its own name`);
  }
  const { uid } = settings;
  await removeKeys(settings, parts, deadline);
  await letGo(uid, parts, deadline);
  await clearRemains(uid, parts);
  parts.appenders.forget(uid);
  parts.structures.forget(uid);
  await parts.view.when(
    (map) => (map.settings.has(uid) ? undefined : true),
    `collection '${name}' to be gone`,
    deadline,
  );
  return settings;
}

/** Waits until no node holds a part of the collection: one that does would miss the log. None that is away is waited for long. */
async function letGo(uid: string, { view, clock }: ManageParts, deadline: Deadline): Promise<void> {
  const isOf = (key: string): boolean => key.startsWith(`${uid}/`);
  const limit = Deadline.after(clock, letGoMs, deadline.signal);
  try {
    await view.when(
      ({ settings, replicas, directoryStates }) =>
        settings.has(uid) || [...replicas.keys(), ...directoryStates.keys()].some(isOf) ? undefined : true,
      `nodes to let go of collection ${uid}`,
      limit,
    );
  } catch (error) {
    if (!limit.signal.aborted) throw error;
  } finally {
    limit.close();
  }
}

/** In one transaction, which fails when an alias was pointed to the collection since it was looked for. */
async function removeKeys({ uid, name }: CollectionSettings, parts: ManageParts, deadline: Deadline): Promise<void> {
  const { registry } = parts;
  for (;;) {
    deadline.check();
    const entry = await registry.get(keys.collection(name));
    // The last attempt of this call, or of another, did it.
    if (entry === null || Buffer.from(entry.value).toString('utf8') !== uid) return;
    await refusePointedTo(name, 'collection', registry);
    const own = [keys.collection(name), keys.setting(uid), keys.trainingRecord(uid)];
    const named = own.map((key): RegistryWrite => ({ operation: 'delete', key }));
    const condition = { key: entry.key, revision: entry.revision };
    const writes = [...named, ...(await removals(uid, registry)), leaveRemains(uid)];
    if ((await registry.transact([condition], writes)) !== null) break;
  }
  // A floor or hold that was written beside the settings just before they went.
  const left = await removals(uid, registry);
  if (left.length > 0) await registry.transact([], left);
}

async function removals(uid: string, registry: Registry): Promise<readonly RegistryWrite[]> {
  const families = [keys.placementsOf, keys.directoriesOf, keys.floorsOf, keys.holdsOf];
  const listed = await Promise.all(families.map((family) => registry.list(family(uid))));
  return listed.flat().map(({ key }) => ({ operation: 'delete', key }));
}
