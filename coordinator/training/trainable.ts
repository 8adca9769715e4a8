/** Whether a collection can be trained as it is; each refusal says what stands against it and what to do. */
import { counted, grouped } from '../../base/counted.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { Codebook, CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { shardStatistics } from '../documents/count.js';
import type { TrainRequest } from '../../proto/generated/shoal/v1/training.js';
import { codedDimMax, isSecondBits, secondBitsMax } from '../../vector-index/codebook/list-codebook.js';
import { noModel } from '../encoders.js';
import type { ReadParts } from '../documents/read.js';
import { activeCodebook } from '../search/probes.js';

/**
 * The ways of training that there are: a new structure; one list with the codes of RaBitQ, which need no training; the structure that
 * serves with its long lists split; or parameters that are learned for the codes of the structure that serves, which stay as they are, from
 * its vectors or from judged queries.
 */
export const methods = ['structure', 'rabitq', 'split', 'distill-vq', 'jpq'] as const;
export type TrainingMethod = (typeof methods)[number];

/** Fewer queries say too little of others: a fifth of them judges what was learned from the rest. */
export const learnedQueriesMin = 500;
const judgedQueriesMin = 100;
/** Judgements that a training is given. */
const relevantMax = 100_000;

/** Whether a method learns parameters for the structure that serves. */
export function isLearning(method: string): boolean {
  return method === 'distill-vq' || method === 'jpq';
}

/** Whether a method makes a structure that is no other one's: one whose documents are all coded anew. */
export function isWhole(method: string): boolean {
  return method !== 'split' && !isLearning(method);
}

/** Throws INVALID_ARGUMENT, naming the methods that there are, for another one. */
export function checkMethod(method: string): void {
  if (methods.some((each) => each === method)) return;
  if (method === 'opq') {
    const why = 'a learned rotation lowers what 4-bit codes find of the vectors of text encoders';
    throw new ShoalError('INVALID_ARGUMENT', `there is no training method 'opq': ${why}; train by method 'structure'`);
  }
  const known = methods.map((each) => `'${each}'`).join(', ');
  throw new ShoalError('INVALID_ARGUMENT', `there is no training method '${method}'; the methods are: ${known}`);
}

/** Throws INVALID_ARGUMENT for a width that second codes cannot have, and for one that a split would have to change. */
export function checkSecondBits({ method, secondBits }: Pick<TrainRequest, 'method' | 'secondBits'>): void {
  if (secondBits === undefined) return;
  if (!isSecondBits(secondBits)) {
    const message = `second bits are ${secondBits}; a second code has 1 to ${secondBitsMax} bits a dimension`;
    throw new ShoalError('INVALID_ARGUMENT', message);
  }
  if (isWhole(method)) return;
  const how = "leave second bits out, or train by method 'structure'";
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `method '${method}' keeps all codes, and so the bits of second ones; ${how}`,
  );
}

/** Throws INVALID_ARGUMENT for queries where nothing is learned from them, nobody could encode them, or their judgements do not fit. */
export function checkQueries(
  request: Pick<TrainRequest, 'method' | 'queries' | 'relevant'>,
  settings: CollectionSettings,
): void {
  const { method, queries } = request;
  checkJudgements(request);
  if (queries.length === 0) return;
  if (!isLearning(method)) {
    const how = "leave them out, or train by method 'distill-vq'";
    throw new ShoalError('INVALID_ARGUMENT', `method '${method}' learns nothing from queries; ${how}`);
  }
  if (settings.model === noModel) {
    const what = `collection '${settings.name}' has no encoder model, which queries need`;
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${what}; train by method 'distill-vq' without any: it learns from its own vectors`,
    );
  }
  const { queryCharactersMax } = limits;
  const odd = queries.findIndex((query) => query.trim() === '' || query.length > queryCharactersMax);
  if (odd >= 0) {
    const size = queries[odd]!.length;
    const what = size > queryCharactersMax ? `has ${size} characters, the limit is ${queryCharactersMax}` : 'is empty';
    throw new ShoalError('INVALID_ARGUMENT', `query number ${odd + 1} ${what}; leave it out`);
  }
  const different = new Set(queries.map((query) => query.trim())).size;
  const least = method === 'jpq' ? judgedQueriesMin : learnedQueriesMin;
  if (different >= least) return;
  const what = `there are ${different} different queries where at least ${least} are needed`;
  const how = method === 'jpq' ? 'judge more' : 'give more, or none: then words of the documents are asked';
  throw new ShoalError('INVALID_ARGUMENT', `${what}; ${how}`);
}

function checkJudgements({ method, queries, relevant }: Pick<TrainRequest, 'method' | 'queries' | 'relevant'>): void {
  const refuse = (message: string): never => {
    throw new ShoalError('INVALID_ARGUMENT', message);
  };
  if (method !== 'jpq') {
    if (relevant.length > 0) refuse(`method '${method}' learns nothing from judgements; train by method 'jpq'`);
    return;
  }
  if (queries.length === 0) refuse("method 'jpq' learns from queries and what was judged relevant to them; give both");
  if (relevant.length !== queries.length)
    refuse(`there are ${queries.length} queries and judgements of ${relevant.length}; give those of each query`);
  const without = relevant.findIndex(({ ids }) => ids.length === 0);
  if (without >= 0) refuse(`query number ${without + 1} has no relevant document; leave it out`);
  const judged = relevant.reduce((sum, { ids }) => sum + ids.length, 0);
  if (judged > relevantMax) refuse(`there are ${judged} judgements, the limit is ${relevantMax}; give fewer queries`);
}

/** FAILED_PRECONDITION where the collection has no codes that anything could be learned for. */
export function checkLearnable(settings: CollectionSettings): void {
  if (activeCodebook(settings) !== null) return;
  const why = 'was not trained, so that it has no codes to learn parameters for';
  throw refusal(settings.name, why, "train it by method 'structure' first");
}

/** The one shard that a training of the collection reads and re-encodes. FAILED_PRECONDITION when it has none such. */
export function trainableShard(settings: CollectionSettings, parts: Pick<ReadParts, 'view'>): ShardPlacement {
  const { name, uid, dim, keepVectors } = settings;
  if (dim < 1) throw refusal(name, 'has no dense vectors', 'there is nothing to train');
  if (dim > codedDimMax) {
    const why = `has vectors of ${dim} dimensions, and codes have ${codedDimMax} at most`;
    throw refusal(name, why, 'it is searched exactly as it is');
  }
  if (!keepVectors) {
    const how = 'export it and import it into a collection that keeps its vectors';
    throw refusal(name, 'keeps no vectors (keep-vectors false), which training reads', how);
  }
  const placements = placementsOf(parts.view.current(), uid);
  const [placement] = placements;
  if (placement === undefined) {
    throw new ShoalError('UNAVAILABLE', `collection '${name}' has no shard yet; try again in a moment`);
  }
  if (placements.length === 1) return placement;
  const how = 'export it and import it into a collection of one shard to train that';
  throw refusal(name, `has ${placements.length} shards, and only one shard can be trained`, how);
}

/** FAILED_PRECONDITION where the collection has no lists of a training that could be split, or its vectors lie in two of them. */
export function checkSplittable(settings: CollectionSettings): void {
  const codebook = activeCodebook(settings);
  if (codebook === null)
    throw refusal(settings.name, 'was not trained, so that it has no lists to split', 'train a structure first');
  if (isSplittable(codebook)) return;
  const how = "train it again by method 'structure' when it has grown";
  throw refusal(settings.name, 'has its vectors in two lists each, and such lists are not split', how);
}

/** Whether lists of the codebook that serves can be split: vectors that lie in two lists are not moved to parts of these. */
export function isSplittable(codebook: Codebook | null): boolean {
  return codebook !== null && codebook.copies !== 2;
}

/** Living documents of a collection that has enough of them. FAILED_PRECONDITION when it has not. */
export async function trainableDocuments(
  settings: CollectionSettings,
  parts: ReadParts & { readonly trainDocumentsMin: number },
  deadline: Deadline,
): Promise<bigint> {
  const counts = await shardStatistics(settings, parts, deadline);
  const documents = counts.reduce((sum, each) => sum + each.documents, 0n);
  if (documents >= parts.trainDocumentsMin) return documents;
  const how = 'it is scanned exactly and fast as it is; train it once it has grown';
  throw refusal(
    settings.name,
    `has ${counted(documents, 'document')}, fewer than ${grouped(parts.trainDocumentsMin)}`,
    how,
  );
}

function refusal(name: string, why: string, how: string): ShoalError {
  return new ShoalError('FAILED_PRECONDITION', `collection '${name}' ${why}; ${how}`);
}
