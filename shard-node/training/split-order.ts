/** What a split is to divide: the lists of a replica that have grown too long, with some of their vectors. */
import { ShoalError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { codebookObject, structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import { readStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listsMax } from '../../vector-index/codebook/structure.js';
import { listLimit, listsToSplit, partLimit, type SplitLimits } from '../../vector-index/lists/list-limit.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';
import type { SplitOrder } from './run-training.js';
import { servingObject, servingParameters } from './serving-parameters.js';
import { withServingRoutes } from './serving-routes.js';

/** Vectors of a list that its division is found by: more change it by less than another seed does. */
const vectorsPerList = 8_192;
/** Lists that are split at once, and bytes of their vectors in memory. */
const listsAtOnce = 64;
const sampleBytesMax = 128 * 2 ** 20;

export interface SplitOrderParts {
  readonly dim: number;
  readonly index: Pick<ShardIndex, 'listSizes' | 'sampleLists' | 'structureState'>;
  readonly objects: ObjectStore;
  readonly random: Random;
  readonly splitLimits: SplitLimits;
  readonly signal: AbortSignal;
}

/**
 * The order for a split of the structure that `request` names. UNAVAILABLE while the replica has another one, or rows in the lists of an older
 * one, or its files are not there; INVALID_ARGUMENT where no list is too long, or vectors lie in two lists.
 */
export async function splitOrderFor(request: BeginTrainingRequest, parts: SplitOrderParts): Promise<SplitOrder> {
  const { dim, index, objects, random, splitLimits, signal } = parts;
  const { uid, structureVersion, codebookVersion, nprobe, probes, shortProbes } = request;
  const sizes = index.structureState.version === structureVersion ? await index.listSizes() : null;
  if (sizes === null) {
    const what = `this replica does not have all of its rows in the lists of structure ${structureVersion}`;
    throw new ShoalError('UNAVAILABLE', `${what}; try again in a while`);
  }
  const vectors = sizes.reduce((sum, size) => sum + size, 0);
  const limit = listLimit({ vectors, lists: sizes.length }, splitLimits);
  const lists = listsToSplit(sizes, limit, Math.min(listsAtOnce, listsMax - sizes.length));
  if (lists.length === 0) {
    const what = `no list has more than ${Math.floor(limit)} of the ${vectors} vectors`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}: none is split; split again once they have grown`);
  }
  // Learned routes become those of the structure that is made of it: they belong to lists as they were.
  const serving = await servingParameters(request, objects);
  const served = await servingObject(structureObject(uid, structureVersion), objects);
  const structure = withServingRoutes(served, structureVersion, serving?.learned ?? null);
  if (readStructureFile(structure).around !== undefined) {
    const what = 'vectors lie in two lists each, and such lists are not split';
    throw new ShoalError('INVALID_ARGUMENT', `${what}; train the structure again when the collection has grown`);
  }
  const count = Math.min(vectorsPerList, Math.ceil(sampleBytesMax / (4 * dim * lists.length)));
  const samples = await index.sampleLists(lists, { count, random }, signal);
  return {
    version: structureVersion,
    structure,
    codebook: await servingObject(codebookObject(uid, codebookVersion), objects),
    lists: samples.map((own, at) => ({ list: lists[at]!, size: sizes[lists[at]!]!, vectors: own })),
    partSize: partLimit(limit),
    ...{ nprobe, probes, shortProbes },
  };
}
