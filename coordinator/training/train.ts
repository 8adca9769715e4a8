/**
 * The way of a training: a shard node that holds a ready replica trains on its own rows and evaluates on held-out ones; what is not
 * worse than what serves is stored and published. A node that dies is replaced by one with another replica; a caller who goes away
 * ends it all, and the old structure serves on.
 */
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { collectionNamed, replicasOf } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { Codebook, CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type {
  BeginTrainingRequest,
  TrainProgress,
  TrainRequest,
  TrainResponse,
} from '../../proto/generated/shoal/v1/training.js';
import type { ReadParts } from '../documents/read.js';
import type { Encoders } from '../encoders.js';
import { activeCodebook, probesFor, shortTermsMax } from '../search/probes.js';
import { Claim } from './claim.js';
import { servingVersion } from './codebooks.js';
import {
  discardObjects,
  giveVersion,
  publish,
  refusalOf,
  removeForgotten,
  removeOutdated,
  type PublishParts,
} from './publish.js';
import { RemoteTraining, type RemoteTrainingParts, type TrainingNode } from './remote-training.js';
import { queryVectors, shortQueries, someOf } from './short-queries.js';
import {
  checkLearnable,
  checkMethod,
  checkQueries,
  checkSecondBits,
  checkSplittable,
  isLearning,
  learnedQueriesMin,
  trainableDocuments,
  trainableShard,
} from './trainable.js';

/** Short questions that a training learns from and calibrates with, and that a split, which learns nothing, calibrates with. */
const structureQuestions = 2_000;
const splitQuestions = 300;

export interface TrainParts extends ReadParts, PublishParts, RemoteTrainingParts {
  readonly encoders: Encoders;
  readonly view: PublishParts['view'];
  readonly peers: ReadParts['peers'];
  readonly clock: PublishParts['clock'];
  /** Documents that a collection needs to be trained. */
  readonly trainDocumentsMin: number;
  /** For trainings whose caller chooses no seed. */
  readonly newSeed: () => number;
}

/** Trains as `request` says; progress first, the result last. Every refusal comes before the first progress. */
export async function* trainCollection(
  request: TrainRequest,
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainResponse> {
  checkMethod(request.method);
  checkSecondBits(request);
  const settings = collectionNamed(parts.view.current(), request.collection);
  const placement = trainableShard(settings, parts);
  if (request.method === 'split') checkSplittable(settings);
  if (isLearning(request.method)) checkLearnable(settings);
  checkQueries(request, settings);
  const documents = await trainableDocuments(settings, parts, deadline);
  const claim = await Claim.take(settings, parts);
  try {
    yield* trainClaimed({ request, settings, placement, documents, claim }, parts, deadline);
  } finally {
    await claim.end();
  }
}

interface Task {
  readonly request: TrainRequest;
  readonly settings: CollectionSettings;
  readonly placement: ShardPlacement;
  readonly documents: bigint;
  readonly claim: Claim;
}

async function* trainClaimed(task: Task, parts: TrainParts, deadline: Deadline): AsyncGenerator<TrainResponse> {
  const { request, settings, claim } = task;
  const trained = yield* onSomeReplica(task, parts, deadline);
  try {
    const found = { ...trained.codebook, documents: task.documents };
    const reason = request.dryRun ? 'it was a dry run' : refusalOf(found, settings.targetRecall);
    const result = {
      collection: settings.name,
      uid: settings.uid,
      method: request.method,
      from: servingVersion(settings),
    };
    if (reason !== '') {
      yield { result: { ...result, version: 0, published: false, reason, codebook: found } };
      return;
    }
    const version = await giveVersion(claim, deadline);
    const created = new Date(parts.clock.wallMs());
    const structureVersion = isLearning(request.method) ? settings.structureVersion : version;
    const codebook: Codebook = { ...found, version, structureVersion, created };
    await storeAndPublish(codebook, trained.training, task, { parts, deadline });
    yield { result: { ...result, version, published: true, reason: '', codebook } };
  } finally {
    await trained.training.end();
  }
}

async function storeAndPublish(
  codebook: Codebook,
  training: RemoteTraining,
  { settings, claim }: Task,
  { parts, deadline }: { readonly parts: TrainParts; readonly deadline: Deadline },
): Promise<void> {
  const { uid, structureVersion } = settings;
  try {
    await training.store(codebook.version, deadline);
    await publish(codebook, settings, claim, { parts, deadline });
  } catch (error) {
    // Published, perhaps, though nobody could say so: then its objects are needed.
    const current = parts.view.current().settings.get(uid);
    const serves = current?.structureVersion === codebook.version || current?.parametersVersion === codebook.version;
    if (!serves && isRefused(error)) await discardObjects(uid, codebook.version, parts);
    throw error;
  }
  if (isLearning(codebook.method)) await removeForgotten(uid, parts);
  else await removeOutdated(uid, structureVersion, parts);
}

/** Whether the registry has certainly not taken what was to be published. */
function isRefused(thrown: unknown): boolean {
  const { code } = ShoalError.from(thrown);
  return code === 'NOT_FOUND' || code === 'ABORTED' || code === 'FAILED_PRECONDITION';
}

interface Trained {
  readonly training: RemoteTraining;
  readonly codebook: Codebook;
}

/** Trains on one replica after another until one of them can say what came of it. */
async function* onSomeReplica(
  task: Task,
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainResponse, Trained> {
  const order = await orderOf(task, parts, deadline);
  const tried = new Set<string>();
  let lost: ShoalError | null = null;
  for (;;) {
    const node = nextNode(task.placement, tried, parts);
    if (node === null) throw lost ?? noReplica(task.settings);
    tried.add(node.id);
    try {
      return yield* onReplica(node, order, parts, deadline);
    } catch (thrown) {
      deadline.check();
      lost = ShoalError.from(thrown);
      if (lost.code !== 'UNAVAILABLE' && lost.code !== 'RESOURCE_EXHAUSTED') throw lost;
      parts.logger.warn({ err: lost, node: node.id, uid: task.settings.uid }, 'a training ended before it was done');
    }
  }
}

async function* onReplica(
  node: TrainingNode,
  order: BeginTrainingRequest,
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainResponse, Trained> {
  const training = await RemoteTraining.begin(node, order, parts, deadline);
  let isTrained = false;
  try {
    const steps: AsyncGenerator<TrainProgress, Codebook> = training.progress(deadline);
    for (;;) {
      const next = await steps.next();
      const { uid } = order;
      if (!parts.view.current().settings.has(uid))
        throw new ShoalError('NOT_FOUND', 'the collection was dropped during its training');
      if (next.done === true) {
        isTrained = true;
        return { training, codebook: next.value };
      }
      yield { progress: next.value };
    }
  } finally {
    if (!isTrained) await training.end();
  }
}

async function orderOf(
  { request, settings, placement }: Task,
  parts: TrainParts,
  deadline: Deadline,
): Promise<BeginTrainingRequest> {
  const seed = request.seed ?? parts.newSeed();
  const count = request.method === 'split' ? splitQuestions : structureQuestions;
  const { uid, targetRecall, structureVersion, copies } = settings;
  const active = activeCodebook(settings);
  const isLearned = isLearning(request.method);
  // Parameters are learned from these where no others are given.
  const short =
    isLearned && request.queries.length > 0
      ? Buffer.alloc(0)
      : await shortQueries(settings, { count, seed }, parts, deadline);
  const usual = { nprobe: 0, exact: false, isNarrowed: false, like: null, k: 10, offset: 0 };
  return {
    uid,
    ref: { shard: placement.shard, generation: placement.generation },
    method: request.method,
    seed,
    targetRecall,
    copies,
    secondBits: request.secondBits ?? active?.secondBits ?? 0,
    shortQueries: isLearned ? Buffer.alloc(0) : short,
    queries: isLearned
      ? await learnedFrom({ ...request, seed }, settings, short, { parts, deadline })
      : Buffer.alloc(0),
    parametersVersion: settings.parametersVersion,
    codebookVersion: active?.version ?? 0,
    structureVersion: active === null ? 0 : structureVersion,
    nprobe: active === null ? 0 : probesFor(usual, shortTermsMax + 1, settings),
    probes: active?.probes ?? [],
    shortProbes: active?.shortProbes ?? [],
  };
}

/**
 * float32[n, dim]: what parameters are learned from: the queries given, as many of them as a message takes, else short ones made of the
 * documents' words, where there are enough.
 */
async function learnedFrom(
  { queries, seed }: Pick<TrainRequest, 'queries'> & { readonly seed: number },
  settings: CollectionSettings,
  short: Buffer,
  { parts, deadline }: { readonly parts: TrainParts; readonly deadline: Deadline },
): Promise<Buffer> {
  if (queries.length > 0) return queryVectors(someOf(queries, seed, settings), settings, parts, deadline);
  return short.length < 4 * settings.dim * learnedQueriesMin ? Buffer.alloc(0) : short;
}

/** A ready replica that was not tried, where its placement of the moment names one. */
function nextNode(
  { uid, shard }: ShardPlacement,
  tried: ReadonlySet<string>,
  { view }: Pick<TrainParts, 'view'>,
): TrainingNode | null {
  const map = view.current();
  const placement = map.placements.get(uid)?.get(shard);
  if (placement === undefined) return null;
  const ready = replicasOf(map, placement).filter(({ state, node }) => state === 'ready' && !tried.has(node));
  const id = ready.map(({ node }) => node).find((node) => map.nodes.has(node));
  return id === undefined ? null : { id, address: present(map.nodes.get(id), 'a node of the map').address };
}

function noReplica({ name }: CollectionSettings): ShoalError {
  const what = `no replica of collection '${name}' is ready to be trained on`;
  return new ShoalError('UNAVAILABLE', `${what}; \`shoal status\` says why, try again then`);
}
