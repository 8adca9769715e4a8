/** The trained versions of a collection: which there are, and which one serves. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { parametersObject } from '../../cluster/keys.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { ListCodebooksResponse } from '../../proto/generated/shoal/v1/training.js';
import { AlreadyTraining, Claim } from './claim.js';
import { alreadyTraining, isUnderWay, readRecord } from './training-record.js';
import type { PublishParts } from './publish.js';
import { isLearning, isWhole } from './trainable.js';

/** The version that searches go by: of the learned parameters where there are any, else of the structure's codebook; 0 = none. */
export function servingVersion({
  codebookVersion,
  parametersVersion,
}: Pick<CollectionSettings, 'codebookVersion' | 'parametersVersion'>): number {
  return parametersVersion > 0 ? parametersVersion : codebookVersion;
}

/** The versions of the collection `name`, ascending. */
export function listCodebooks(name: string, map: ClusterMap): ListCodebooksResponse {
  const settings = collectionNamed(map, name);
  return {
    active: servingVersion(settings),
    codebooks: settings.codebooks,
    structureVersion: settings.structureVersion,
  };
}

/**
 * Has searches go by version `version` of the collection `name`: by those learned parameters, or by none where it is the structure's own
 * codebook. Resolves with it when this coordinator's picture shows it. NOT_FOUND for a version that never was, FAILED_PRECONDITION for one of
 * another structure, whose lists and codes the shards do not have, and while the collection is being trained.
 */
export async function activateCodebook(
  name: string,
  version: number,
  parts: PublishParts,
  deadline: Deadline,
): Promise<number> {
  const settings = collectionNamed(parts.view.current(), name);
  const { uid } = settings;
  parametersFor(version, settings);
  const claim = await Claim.take(settings, parts).catch(async (thrown: unknown) => {
    // A training that was ordered is told by its record, and can be cancelled.
    if (thrown instanceof AlreadyTraining) await checkNoneUnderWay(settings, parts);
    throw thrown;
  });
  try {
    // One that was interrupted compares with what serves now when it is published.
    await checkNoneUnderWay(settings, parts);
    await claim.write(async (current) => {
      const parametersVersion = parametersFor(version, current);
      if (parametersVersion > 0) await checkStored(version, current, parts);
      return { settings: { ...current, parametersVersion } };
    }, deadline);
  } finally {
    await claim.end();
  }
  await parts.view.when(
    (map) => {
      const seen = map.settings.get(uid);
      return seen === undefined || servingVersion(seen) === version ? true : undefined;
    },
    `version ${version} of the codebook of collection '${name}' to be seen`,
    deadline,
  );
  return version;
}

/** Throws AlreadyTraining, with what there is to say of it, where a training is under way that was ordered: no dry run. */
async function checkNoneUnderWay(settings: CollectionSettings, parts: PublishParts): Promise<void> {
  const training = await readRecord(settings.uid, parts.registry);
  if (isUnderWay(training?.record)) throw alreadyTraining(settings, training.record, parts);
}

/** Of the learned parameters by which searches go once `version` is active; 0 = none. Errors as of `activateCodebook`. */
function parametersFor(version: number, settings: CollectionSettings): number {
  const { name, codebooks, codebookVersion, structureVersion } = settings;
  const wanted = codebooks.find((each) => each.version === version);
  if (wanted === undefined) {
    const known = codebooks.map((each) => each.version).join(', ');
    const what = `collection '${name}' has no codebook ${version}`;
    throw new ShoalError('NOT_FOUND', `${what}; ${known === '' ? 'it was never trained' : `it has ${known}`}`);
  }
  if (version === codebookVersion) return 0;
  if (isLearning(wanted.method) && isCodedAlike(wanted.structureVersion, settings)) return version;
  const what = `codebook ${version} of collection '${name}' belongs to structure ${wanted.structureVersion}`;
  const why = `structure ${structureVersion} serves, whose lists are others, and its documents are coded for those`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; ${why}; train again for a new structure`);
}

/**
 * Whether structure `version` has the codes of the one that serves: it is that, or one that it was made of by splits of lists alone. Versions
 * ascend, so that all from the last whole structure on are; splits between are not all remembered.
 */
function isCodedAlike(version: number, { codebooks, codebookVersion, structureVersion }: CollectionSettings): boolean {
  const structures = codebooks.filter((each) => !isLearning(each.method) && each.version <= codebookVersion);
  const first = structures.findLast(({ method }) => isWhole(method)) ?? structures[0];
  return first !== undefined && version >= first.structureVersion && version <= structureVersion;
}

async function checkStored(
  version: number,
  { uid, name, codebooks }: CollectionSettings,
  { objects }: Pick<PublishParts, 'objects'>,
): Promise<void> {
  if ((await objects.get(parametersObject(uid, version))) !== null) return;
  const what = `the parameters of codebook ${version} of collection '${name}' are no longer kept`;
  const { method } = codebooks.find((each) => each.version === version)!;
  const files = method === 'jpq' ? ' --queries FILE --qrels FILE' : '';
  throw new ShoalError(
    'FAILED_PRECONDITION',
    `${what}; learn anew: \`shoal train ${name} --method ${method}${files}\``,
  );
}
