/** What a coordinator tells the node that trains: what serves, what is asked of the collection, and what was judged. */
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { askedVectorsObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { BeginTrainingRequest, type TrainRequest } from '../../proto/generated/shoal/v1/training.js';
import { activeCodebook, probesFor, routingCodebook, shortTermsMax } from '../search/probes.js';
import { judgedQueries } from './judged-queries.js';
import { queryVectors, shortQueries, someOf, type ShortQueryParts } from './short-queries.js';
import { isLearning, learnedQueriesMin } from './trainable.js';

/** Short questions that a training learns from and calibrates with, and those where it only calibrates with them. */
const structureQuestions = 2_000;
const calibrationQuestions = 300;

export interface OrderedTraining {
  /** Among the trainings of the collection; 0 = nothing of it is kept. */
  readonly number: number;
  readonly request: TrainRequest & { readonly seed: number };
  readonly settings: CollectionSettings;
  readonly placement: ShardPlacement;
}

export interface OrderParts extends ShortQueryParts {
  readonly objects: Pick<ObjectStore, 'put' | 'get'>;
}

/** Errors as of `judgedQueries`; UNAVAILABLE where nobody can encode the queries that were given. */
export async function trainingOrder(
  { number, request, settings, placement }: OrderedTraining,
  parts: OrderParts,
  deadline: Deadline,
): Promise<BeginTrainingRequest> {
  const { uid, targetRecall, structureVersion, copies } = settings;
  const active = activeCodebook(settings);
  const routing = routingCodebook(settings) ?? active;
  const usual = { nprobe: 0, exact: false, isNarrowed: false, like: null, k: 10, offset: 0 };
  return {
    uid,
    ref: { shard: placement.shard, generation: placement.generation },
    method: request.method,
    seed: request.seed,
    targetRecall,
    copies,
    secondBits: request.secondBits ?? active?.secondBits ?? 0,
    ...(await keptOf({ number, request, settings }, parts, deadline)),
    number,
    parametersVersion: settings.parametersVersion,
    codebookVersion: active?.version ?? 0,
    structureVersion: active === null ? 0 : structureVersion,
    nprobe: active === null ? 0 : probesFor(usual, shortTermsMax + 1, settings),
    probes: routing?.probes ?? [],
    shortProbes: routing?.shortProbes ?? [],
  };
}

const nothing = Buffer.alloc(0);
type Asked = Pick<BeginTrainingRequest, 'shortQueries' | 'queries' | 'relevant' | 'relevantCounts'>;

/**
 * What is asked, as the first attempt of the training asked it: documents and encoders may be others by now, and what was learned for some
 * questions must not be judged by them.
 */
async function keptOf(
  { number, request, settings }: Pick<OrderedTraining, 'number' | 'request' | 'settings'>,
  parts: OrderParts,
  deadline: Deadline,
): Promise<Asked> {
  if (number === 0 || !isLearning(request.method)) return askedOf(request, settings, parts, deadline);
  const { objects } = parts;
  const name = askedVectorsObject(settings.uid, number);
  const kept = await objects.get(name).catch((thrown: unknown) => {
    if (ShoalError.from(thrown).code !== 'DATA_LOSS') throw thrown;
    parts.logger.warn({ err: thrown, name }, 'what a training asked before is damaged, and is asked anew');
    return null;
  });
  if (kept !== null) {
    const { shortQueries: short, queries, relevant, relevantCounts } = BeginTrainingRequest.decode(kept);
    return { shortQueries: short, queries, relevant, relevantCounts };
  }
  const asked = await askedOf(request, settings, parts, deadline);
  await objects.put(name, BeginTrainingRequest.encode(BeginTrainingRequest.fromPartial(asked)).finish());
  return asked;
}

/**
 * Queries to learn from: those given, as many of them as a message takes, else short ones made of the documents' words, where there are enough;
 * short ones to calibrate with where lists are trained or split, or others are learned from.
 */
async function askedOf(
  request: OrderedTraining['request'],
  settings: CollectionSettings,
  parts: ShortQueryParts,
  deadline: Deadline,
): Promise<Asked> {
  const { method, seed, queries } = request;
  const none: Asked = { shortQueries: nothing, queries: nothing, relevant: nothing, relevantCounts: nothing };
  if (method === 'jpq') return { ...none, ...(await judgedQueries(request, settings, parts, deadline)) };
  if (isLearning(method) && queries.length > 0) {
    const vectors = await queryVectors(someOf(queries, seed, settings), settings, parts, deadline);
    if (vectors.length === 0)
      throw new ShoalError(
        'INVALID_ARGUMENT',
        'the model gives none of the queries a vector; give texts of its language',
      );
    const short = await shortQueries(settings, { count: calibrationQuestions, seed }, parts, deadline);
    return { ...none, queries: vectors, shortQueries: short };
  }
  const count = method === 'split' ? calibrationQuestions : structureQuestions;
  const short = await shortQueries(settings, { count, seed }, parts, deadline);
  if (!isLearning(method)) return { ...none, shortQueries: short };
  return short.length < 4 * settings.dim * learnedQueriesMin ? none : { ...none, queries: short };
}
