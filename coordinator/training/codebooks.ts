/** The trained versions of a collection: which there are, and which one serves. */
import { ShoalError } from '../../base/errors.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { ListCodebooksResponse } from '../../proto/generated/shoal/v1/training.js';

/** The versions of the collection `name`, ascending. */
export function listCodebooks(name: string, map: ClusterMap): ListCodebooksResponse {
  const { codebooks, codebookVersion, structureVersion } = collectionNamed(map, name);
  return { active: codebookVersion, codebooks, structureVersion };
}

/**
 * The version that serves once `version` is activated: it is the only one of its structure. NOT_FOUND for a version that never was,
 * FAILED_PRECONDITION for one of an older structure, whose lists the shards do not have any more.
 */
export function activateCodebook(version: number, settings: CollectionSettings): number {
  const { name, codebooks, codebookVersion, structureVersion } = settings;
  const wanted = codebooks.find((each) => each.version === version);
  if (wanted === undefined) {
    const known = codebooks.map((each) => each.version).join(', ');
    const what = `collection '${name}' has no codebook ${version}`;
    throw new ShoalError('NOT_FOUND', `${what}; ${known === '' ? 'it was never trained' : `it has ${known}`}`);
  }
  if (wanted.structureVersion === structureVersion) return codebookVersion;
  const what = `codebook ${version} of collection '${name}' belongs to structure ${wanted.structureVersion}`;
  const why = `structure ${structureVersion} serves, whose lists are others, and its documents are coded for those`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; ${why}; train again for a new structure`);
}
