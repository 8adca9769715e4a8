/**
 * The end of a training: what was trained becomes what serves, in one write of the registry that no reader sees half of. Settings name
 * the new structure and codebook, the shard's placement its new lists; replicas fetch the objects and re-encode while they serve.
 */
import { bufferOf } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import {
  codebookObject,
  codebooksOf,
  keys,
  parametersObject,
  parametersOf,
  structureObject,
  structuresOf,
  trainingObjectsOf,
} from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry, RegistryEntry } from '../../cluster/registry.js';
import { epochOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { Codebook, CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Claim, SettingsChange, WrittenBeside } from './claim.js';
import { isLearning, isWhole } from './trainable.js';

/** Trained versions of which a collection remembers where they came from. */
const codebooksRemembered = 32;

/** So much worse, in recall, may be chance: as large as the error of a few hundred held-out queries. */
const recallTolerance = 0.01;

/** So much more, in recall by first codes, learned parameters have to find. */
const learnedGain = 0.002;

export interface PublishParts {
  readonly registry: Registry;
  readonly objects: ObjectStore;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Why `codebook` is not to serve; '' when it is. It has to reach the target recall or, where what serves misses that too, what serves
 * has: an exact scan finds everything, so that a first structure is measured by the target alone. Learned parameters have to find more than
 * those that serve, or as much in fewer lists.
 */
export function refusalOf(
  found: Pick<Codebook, 'method' | 'heldOutBefore' | 'heldOutAfter' | 'neededBefore' | 'neededAfter'>,
  targetRecall: number,
): string {
  const { method, heldOutBefore, heldOutAfter, neededBefore, neededAfter } = found;
  if (isLearning(method)) {
    const needsLess = neededAfter < neededBefore && heldOutAfter >= heldOutBefore;
    if (heldOutAfter >= heldOutBefore + learnedGain || needsLess) return '';
    const [after, before] = [heldOutAfter, heldOutBefore].map((figure) => figure.toFixed(4));
    const what =
      method === 'jpq'
        ? `MRR@10 of held-out judged queries is ${after} by first codes, what serves has ${before}`
        : `by first codes ${after} of what held-out queries ask for is found, what serves finds ${before}`;
    return `${what}: a gain of less than ${learnedGain} may be chance; more queries, or such as are asked, teach more`;
  }
  const wanted = Math.min(heldOutBefore, targetRecall);
  if (heldOutAfter >= wanted - recallTolerance) return '';
  const what = `recall@10 on held-out queries is ${heldOutAfter.toFixed(4)}`;
  const less = `what serves has ${heldOutBefore.toFixed(4)} and the target is ${targetRecall}: it would find less`;
  return `${what}, ${less}; train with more second bits or copies, or lower the collection's target recall`;
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

export interface PublishOptions {
  readonly parts: PublishParts;
  readonly deadline: Deadline;
  /** Written together with it; what this throws, `publish` throws, and nothing is written. */
  readonly beside?: () => Promise<WrittenBeside>;
}

/** Makes `codebook`, whose objects are stored, the one that serves; resolves when this coordinator's picture shows it. */
export async function publish(
  codebook: Codebook,
  collection: Pick<CollectionSettings, 'uid' | 'name' | 'structureVersion' | 'parametersVersion'>,
  claim: Claim,
  { parts, deadline, beside = () => Promise.resolve({}) }: PublishOptions,
): Promise<void> {
  const { version, method } = codebook;
  const { uid, name, structureVersion } = collection;
  await claim.write(async (current): Promise<SettingsChange> => {
    // Its lists are numbered on from those of the structure that it was made of, or its parameters belong to the codes of that.
    const isMadeOf = method === 'split' || isLearning(method);
    if (isMadeOf && current.structureVersion !== structureVersion) throw changed(name);
    if (isLearning(method) && current.parametersVersion !== collection.parametersVersion) throw activated(name);
    const change = isLearning(method)
      ? { settings: { ...remembering(current, codebook), parametersVersion: version } }
      : await withStructure(current, codebook, parts);
    return withBeside(change, await beside());
  }, deadline);
  await parts.view.when(
    (map) => (serves(version, map.settings.get(uid)) ? true : undefined),
    `version ${version} of the codebook of collection '${name}' to be seen`,
    deadline,
  );
}

function withBeside({ settings, ...change }: SettingsChange, beside: WrittenBeside): SettingsChange {
  const [conditions, writes] = [
    [change, beside].flatMap((each) => each.conditions ?? []),
    [change, beside].flatMap((each) => each.writes ?? []),
  ];
  return { settings, conditions, writes };
}

/** Whether the collection is dropped or served by `version`. */
function serves(version: number, settings: CollectionSettings | undefined): boolean {
  return settings === undefined || settings.codebookVersion === version || settings.parametersVersion === version;
}

/** Parameters that were learned for codes stay while these do: a split changes none. */
async function withStructure(
  current: CollectionSettings,
  codebook: Codebook,
  { registry, view }: PublishParts,
): Promise<SettingsChange> {
  const { version, structureVersion, method } = codebook;
  const { entry, placement } = await onlyPlacement(current.uid, current.name, registry);
  const lists = bufferOf(Uint32Array.from({ length: codebook.lists }, (_, list) => list));
  const owning = { ...placement, lists, epoch: epochOf(view.current()) + 1n };
  const parametersVersion = method === 'split' ? current.parametersVersion : 0;
  return {
    settings: { ...remembering(current, codebook), structureVersion, codebookVersion: version, parametersVersion },
    conditions: [{ key: entry.key, revision: entry.revision }],
    writes: [{ operation: 'put', key: entry.key, value: ShardPlacement.encode(owning).finish() }],
  };
}

/**
 * The settings with one codebook more: the latest ones, those that serve with the structures that they belong to, the last training, and the
 * last structure that is no split of another: all that came since have its codes.
 */
function remembering(current: CollectionSettings, codebook: Codebook): CollectionSettings {
  const all = [...current.codebooks, codebook];
  const first = all.length - codebooksRemembered;
  const learned = all.find(({ version }) => version === current.parametersVersion)?.structureVersion;
  const needed = [current.codebookVersion, current.parametersVersion, learned];
  const trained = all.findLastIndex(({ method }) => method === 'structure');
  const whole = all.findLastIndex(({ method }) => isWhole(method));
  const codebooks = all.filter(
    ({ version }, at) => at >= first || at === trained || at === whole || needed.includes(version),
  );
  return { ...current, codebooks };
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

function activated(name: string): ShoalError {
  const what = `another version of the codebook of collection '${name}' was activated during the training`;
  return new ShoalError('ABORTED', `${what}, and this one was not compared with that; train again`);
}

/** Removes the objects of a version that is not published. What cannot be removed now goes with the collection. */
export async function discardObjects(uid: string, version: number, parts: PublishParts): Promise<void> {
  const names = [structureObject(uid, version), codebookObject(uid, version), parametersObject(uid, version)];
  await removeObjects(names, uid, parts);
}

/**
 * Removes the objects of all versions before `previous`, the structure that served until now: somebody may still be about to read that. Learned
 * parameters that serve stay.
 */
export async function removeOutdated(uid: string, previous: number, parts: PublishParts): Promise<void> {
  const families = [structuresOf(uid), codebooksOf(uid), parametersOf(uid)];
  const names = await Promise.all(families.map((family) => parts.objects.list(family)));
  const { parametersVersion = 0 } = parts.view.current().settings.get(uid) ?? {};
  const kept = parametersObject(uid, parametersVersion);
  const isOutdated = (name: string): boolean => Number(name.slice(name.lastIndexOf('/') + 1)) < previous;
  const outdated = names.flat().filter((name) => isOutdated(name) && name !== kept);
  await removeObjects(outdated, uid, parts);
}

/** Removes learned parameters of versions that are not remembered: nobody can activate them any more. */
export async function removeForgotten(uid: string, parts: PublishParts): Promise<void> {
  const settings = parts.view.current().settings.get(uid);
  if (settings === undefined) return;
  const kept = new Set(settings.codebooks.map(({ version }) => parametersObject(uid, version)));
  const names = await parts.objects.list(parametersOf(uid));
  const forgotten = names.filter((name) => !kept.has(name));
  await removeObjects(forgotten, uid, parts);
}

/** Removes what trainings of the collection have left to go on from, up to training `number`: it has ended. */
export async function removeLeavings(uid: string, number: number, parts: PublishParts): Promise<void> {
  try {
    const family = trainingObjectsOf(uid);
    const names = await parts.objects.list(family);
    const ended = names.filter((name) => Number.parseInt(name.slice(family.length), 10) <= number);
    await removeObjects(ended, uid, parts);
  } catch (error) {
    parts.logger.warn({ err: error, uid }, 'what a training left stays for now');
  }
}

async function removeObjects(names: readonly string[], uid: string, parts: PublishParts): Promise<void> {
  try {
    for (const name of names) await parts.objects.delete(name);
  } catch (error) {
    parts.logger.warn({ err: error, uid }, 'objects of a structure that is not needed stay for now');
  }
}
