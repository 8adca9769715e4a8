/**
 * The end of a training: what was trained becomes what serves, in one write of the registry that no reader sees half of. Settings name
 * the new structure and codebook, the shard's placement its new lists; replicas fetch the objects and re-encode while they serve.
 */
import { bufferOf } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { codebookObject, codebooksOf, keys, structureObject, structuresOf } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry, RegistryEntry } from '../../cluster/registry.js';
import { epochOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { Codebook, CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Claim, SettingsChange } from './claim.js';

/** Trained versions of which a collection remembers where they came from. */
const codebooksRemembered = 32;

/** So much worse, in recall, may be chance: as large as the error of a few hundred held-out queries. */
const recallTolerance = 0.01;

export interface PublishParts {
  readonly registry: Registry;
  readonly objects: ObjectStore;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Why `codebook` is not to serve; '' when it is. It has to reach the target recall or, where what serves misses that too, what serves
 * has: an exact scan finds everything, so that a first structure is measured by the target alone.
 */
export function refusalOf(
  { heldOutBefore, heldOutAfter }: Pick<Codebook, 'heldOutBefore' | 'heldOutAfter'>,
  targetRecall: number,
): string {
  const wanted = Math.min(heldOutBefore, targetRecall);
  if (heldOutAfter >= wanted - recallTolerance) return '';
  const found = `recall@10 on held-out queries is ${heldOutAfter.toFixed(4)}`;
  return `${found}, what serves has ${heldOutBefore.toFixed(4)} and the target is ${targetRecall}: it would find less`;
}

/** A version that no structure and no codebook of the collection ever had: its objects are written once. */
export async function giveVersion(claim: Claim, deadline: Deadline): Promise<number> {
  const { versionsGiven } = await claim.write((current) => {
    const codebooks = current.codebooks.map(({ version }) => version);
    const largest = Math.max(current.versionsGiven, current.structureVersion, ...codebooks);
    return { settings: { ...current, versionsGiven: largest + 1 } };
  }, deadline);
  return versionsGiven;
}

/** Makes `codebook`, whose objects are stored, the one that serves; resolves when this coordinator's picture shows it. */
export async function publish(
  codebook: Codebook,
  { uid, name, structureVersion }: Pick<CollectionSettings, 'uid' | 'name' | 'structureVersion'>,
  claim: Claim,
  { parts, deadline }: { readonly parts: PublishParts; readonly deadline: Deadline },
): Promise<void> {
  const { version } = codebook;
  await claim.write(async (current): Promise<SettingsChange> => {
    // Its lists are numbered on from those of the structure that it was made of.
    if (codebook.method === 'split' && current.structureVersion !== structureVersion) throw changed(name);
    const { entry, placement } = await onlyPlacement(uid, name, parts.registry);
    const lists = bufferOf(Uint32Array.from({ length: codebook.lists }, (_, list) => list));
    const owning = { ...placement, lists, epoch: epochOf(parts.view.current()) + 1n };
    return {
      settings: {
        ...current,
        structureVersion: codebook.structureVersion,
        codebookVersion: version,
        codebooks: [...current.codebooks, codebook].slice(-codebooksRemembered),
      },
      conditions: [{ key: entry.key, revision: entry.revision }],
      writes: [{ operation: 'put', key: entry.key, value: ShardPlacement.encode(owning).finish() }],
    };
  }, deadline);
  await parts.view.when(
    (map) => (map.settings.get(uid)?.codebookVersion === version || !map.settings.has(uid) ? true : undefined),
    `the structure of collection '${name}' to be seen`,
    deadline,
  );
}

async function onlyPlacement(
  uid: string,
  name: string,
  registry: Registry,
): Promise<{ readonly entry: RegistryEntry; readonly placement: ShardPlacement }> {
  const [entry, ...others] = await registry.list(keys.placementsOf(uid));
  if (entry !== undefined && others.length === 0) return { entry, placement: ShardPlacement.decode(entry.value) };
  throw changed(name);
}

function changed(name: string): ShoalError {
  return new ShoalError('ABORTED', `the shards of collection '${name}' changed during the training; train again`);
}

/** Removes the objects of a version that is not published. What cannot be removed now goes with the collection. */
export async function discardObjects(uid: string, version: number, parts: PublishParts): Promise<void> {
  await removeObjects([structureObject(uid, version), codebookObject(uid, version)], uid, parts);
}

/** Removes the objects of all versions before `previous`, the one that served until now: somebody may still be about to read that. */
export async function removeOutdated(uid: string, previous: number, parts: PublishParts): Promise<void> {
  const names = await Promise.all([structuresOf(uid), codebooksOf(uid)].map((family) => parts.objects.list(family)));
  const isOutdated = (name: string): boolean => Number(name.slice(name.lastIndexOf('/') + 1)) < previous;
  await removeObjects(names.flat().filter(isOutdated), uid, parts);
}

async function removeObjects(names: readonly string[], uid: string, parts: PublishParts): Promise<void> {
  try {
    for (const name of names) await parts.objects.delete(name);
  } catch (error) {
    parts.logger.warn({ err: error, uid }, 'objects of a structure that is not needed stay for now');
  }
}
