/**
 * The way of a training: a shard node that holds a ready replica trains on its own rows and evaluates on held-out ones; what is not
 * worse than what serves is stored and published. A node that dies is replaced by one with another replica. Whose training it is, and what
 * becomes of it when this attempt comes to nothing, is `carried-order.ts`'s matter.
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
  TrainResult,
} from '../../proto/generated/shoal/v1/training.js';
import type { ReadParts } from '../documents/read.js';
import type { Encoders } from '../encoders.js';
import { ClaimLost, type Claim, type WrittenBeside } from './claim.js';
import { servingVersion } from './codebooks.js';
import { trainingOrder, type OrderedTraining } from './order.js';
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
import {
  checkLearnable,
  checkMethod,
  checkQueries,
  checkSecondBits,
  checkSplittable,
  isLearning,
  trainableDocuments,
  trainableShard,
} from './trainable.js';

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

/** A collection that can be trained as `request` says, as it is now. */
export interface Trainable {
  readonly settings: CollectionSettings;
  readonly placement: ShardPlacement;
  readonly documents: bigint;
}

/** Every refusal of a training comes from here, before it begins. */
export async function trainable(request: TrainRequest, parts: TrainParts, deadline: Deadline): Promise<Trainable> {
  checkMethod(request.method);
  checkSecondBits(request);
  const settings = collectionNamed(parts.view.current(), request.collection);
  const placement = trainableShard(settings, parts);
  if (request.method === 'split') checkSplittable(settings);
  if (isLearning(request.method)) checkLearnable(settings);
  checkQueries(request, settings);
  return { settings, placement, documents: await trainableDocuments(settings, parts, deadline) };
}

/** A training under a claim, as one attempt of it carries it out. */
export interface TrainingTask extends OrderedTraining {
  readonly documents: bigint;
  readonly claim: Claim;
  /** The shard node that began the latest attempt: it may be at it still; empty where none did. */
  readonly node: string;
  /** What is written together with what is published; what this throws keeps it from being published. */
  ending(result: TrainResult): Promise<WrittenBeside>;
  /** Node `node` has begun, and not just gone on. */
  begun(node: string): Promise<void>;
  /** Whether what a node does is left to whoever takes the training up next, when this attempt ends. */
  isLeft(): boolean;
}

/** The end of a training that somebody cancelled before it was published. */
export class TrainingCancelled extends ShoalError {
  constructor() {
    super('CANCELLED', 'the training was cancelled; what served before serves on');
  }
}

/** Whether what a training met passes by itself: the same again may succeed. */
export function isPassing({ code }: ShoalError): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

/** Trains; progress first. What is published is written with `ending`; what is not, the caller has to write down. */
export async function* carryOut(
  task: TrainingTask,
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainProgress, TrainResult> {
  const { request, settings, claim } = task;
  const trained = yield* onSomeReplica(task, parts, deadline);
  let isKept = false;
  try {
    const found = { ...trained.codebook, documents: task.documents };
    const refusal = refusalOf(found, settings.targetRecall);
    const reason = request.dryRun ? dryRunReason(refusal) : refusal;
    const result = {
      collection: settings.name,
      uid: settings.uid,
      method: request.method,
      from: servingVersion(settings),
    };
    if (reason !== '') return { ...result, version: 0, published: false, reason, codebook: found };
    const version = await giveVersion(claim, deadline);
    const created = new Date(parts.clock.wallMs());
    const structureVersion = isLearning(request.method) ? settings.structureVersion : version;
    const codebook: Codebook = { ...found, version, structureVersion, created };
    const published: PublishedResult = { ...result, version, published: true, reason: '', codebook };
    await storeAndPublish(published, trained.training, task, { parts, deadline });
    return published;
  } catch (thrown) {
    isKept = isPassing(ShoalError.from(thrown));
    throw thrown;
  } finally {
    // Whoever tries again, here or with the claim that was lost, takes over what the node has.
    if (!isKept && !task.isLeft()) await trained.training.end();
  }
}

function dryRunReason(refusal: string): string {
  return refusal === '' ? 'it was a dry run, and would be' : `it was a dry run, and would not be: ${refusal}`;
}

type PublishedResult = TrainResult & { readonly codebook: Codebook };

async function storeAndPublish(
  result: PublishedResult,
  training: RemoteTraining,
  { settings, claim, ending }: TrainingTask,
  { parts, deadline }: { readonly parts: TrainParts; readonly deadline: Deadline },
): Promise<void> {
  const { uid, structureVersion } = settings;
  const { codebook } = result;
  try {
    await training.store(codebook.version, deadline);
    await publish(codebook, settings, claim, { parts, deadline, beside: () => ending(result) });
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
  if (thrown instanceof TrainingCancelled) return true;
  return code === 'NOT_FOUND' || code === 'ABORTED' || code === 'FAILED_PRECONDITION';
}

interface Trained {
  readonly training: RemoteTraining;
  readonly codebook: Codebook;
}

/** Trains on one replica after another until one of them can say what came of it. */
async function* onSomeReplica(
  task: TrainingTask,
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainProgress, Trained> {
  const order = await trainingOrder(task, parts, deadline);
  const tried = new Set<string>();
  let lost: ShoalError | null = null;
  for (;;) {
    const node = nextNode(task, tried, parts);
    if (node === null) throw lost ?? noReplica(task.settings);
    tried.add(node.id);
    try {
      return yield* onReplica(node, { task, order }, parts, deadline);
    } catch (thrown) {
      deadline.check();
      const error = ShoalError.from(thrown);
      if (error instanceof ClaimLost || !isOfReplica(error)) throw error;
      // What passes is worth waiting for, whatever stands against the other replicas.
      if (lost === null || isPassing(error) || !isPassing(lost)) lost = error;
      parts.logger.debug({ err: error, node: node.id, uid: task.settings.uid }, 'another replica is to be trained on');
    }
  }
}

/** Whether another replica need not meet what one met: a node that is gone or busy, its memory or disk, its own damaged files. */
function isOfReplica({ code }: ShoalError): boolean {
  return code === 'UNAVAILABLE' || code === 'RESOURCE_EXHAUSTED' || code === 'DATA_LOSS';
}

async function* onReplica(
  node: TrainingNode,
  { task, order }: { readonly task: TrainingTask; readonly order: BeginTrainingRequest },
  parts: TrainParts,
  deadline: Deadline,
): AsyncGenerator<TrainProgress, Trained> {
  // Else two coordinators could take the node from each other in turns.
  await task.claim.check();
  const training = await RemoteTraining.begin(node, order, parts, deadline);
  let isTrained = false;
  try {
    if (!training.isTakenOver) await task.begun(node.id);
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
      yield next.value;
    }
  } catch (thrown) {
    if (!task.isLeft() && isOfReplica(ShoalError.from(thrown)))
      parts.logger.warn({ err: thrown, node: node.id, uid: order.uid }, 'a training ended before it was done');
    throw thrown;
  } finally {
    if (!isTrained && !task.isLeft()) await training.end();
  }
}

/** A ready replica that was not tried, where its placement of the moment names one; first that whose node may be at it still. */
function nextNode(
  { placement: { uid, shard }, node: latest }: Pick<TrainingTask, 'placement' | 'node'>,
  tried: ReadonlySet<string>,
  { view }: Pick<TrainParts, 'view'>,
): TrainingNode | null {
  const map = view.current();
  const placement = map.placements.get(uid)?.get(shard);
  if (placement === undefined) return null;
  const ready = replicasOf(map, placement).filter(({ state, node }) => state === 'ready' && !tried.has(node));
  const there = ready.map(({ node }) => node).filter((node) => map.nodes.has(node));
  const id = there.includes(latest) ? latest : there[0];
  return id === undefined ? null : { id, address: present(map.nodes.get(id), 'a node of the map').address };
}

function noReplica({ name }: CollectionSettings): ShoalError {
  const what = `no replica of collection '${name}' is ready to be trained on`;
  return new ShoalError('UNAVAILABLE', `${what}; \`shoal status\` says why, try again then`);
}
