/** What a training is given: rows of a replica, what serves, and the orders that its method needs. */
import { float32From } from '../../base/bytes.js';
import { seededRandom, type Random } from '../../base/random.js';
import { structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import { listCountFor } from '../../trainer/structure/list-count.js';
import type { SplitLimits } from '../../vector-index/lists/list-limit.js';
import type { Replica } from '../replica.js';
import { judgedSample } from './judged-sample.js';
import { learnOrderFor } from './learn-order.js';
import type { ServingStructure, TrainingTask } from './run-training.js';
import { parametersWhereReadable } from './serving-parameters.js';
import { withServingRoutes } from './serving-routes.js';
import { splitOrderFor } from './split-order.js';

/** Bytes of the vectors that a training holds in memory at most. */
const sampleBytesMax = 384 * 2 ** 20;
/** More vectors a list change its structure by less than another seed does. */
const rowsPerList = 128;
const rowsMin = 10_000;
/** Vectors that a split is measured with, where nothing else is trained. */
const splitRowsMax = 50_000;
/** Vectors that parameters are learned on. */
const learnRowsMax = 131_072;

export interface TaskParts {
  readonly objects: ObjectStore;
  /** Which lists a split divides. */
  readonly splitLimits: SplitLimits;
  readonly signal: AbortSignal;
}

/** The task that `request` is on the rows of a replica. Errors as of `splitOrderFor`, `learnOrderFor` and `judgedSample`. */
export async function trainingTask(
  request: BeginTrainingRequest,
  { dim, index }: Pick<Replica, 'dim' | 'index'>,
  parts: TaskParts,
): Promise<TrainingTask> {
  const { documents } = index.statistics(new Uint32Array(0));
  const random = seededRandom(request.seed);
  const sampled = await ordered(request, { dim, index }, { ...parts, random, documents });
  const isWhole = sampled.split === undefined && sampled.learn === undefined;
  return {
    ...{ dim, seed: request.seed, targetRecall: request.targetRecall, documents, ...sampled },
    serving: isWhole ? await servingStructure(request, parts.objects) : null,
    ...(request.method === 'rabitq' ? { untrained: true as const } : {}),
    shortQueries: float32From(request.shortQueries, 'short queries'),
    copies: request.copies === 2 ? (2 as const) : (1 as const),
    ...(request.secondBits === 0 ? {} : { secondBits: request.secondBits }),
  };
}

interface SampleParts extends TaskParts {
  readonly random: Random;
  readonly documents: number;
}

/** The rows, and the order of a method that trains no whole structure. */
async function ordered(
  request: BeginTrainingRequest,
  { dim, index }: Pick<Replica, 'dim' | 'index'>,
  { objects, splitLimits, signal, random, documents }: SampleParts,
): Promise<Pick<TrainingTask, 'vectors' | 'split' | 'learn'>> {
  const heldMax = Math.floor(sampleBytesMax / (4 * dim));
  const rowsOf = (wanted: number): number => Math.max(rowsMin, Math.min(heldMax, wanted));
  const { method } = request;
  if (method === 'split') {
    const split = await splitOrderFor(request, { dim, index, objects, random, splitLimits, signal });
    return { split, vectors: await index.sampleVectors(Math.min(splitRowsMax, heldMax), random, signal) };
  }
  if (method === 'jpq') {
    const learn = await learnOrderFor(request, objects);
    const options = { dim, index, rows: rowsOf(learnRowsMax), random, signal };
    const { vectors, queries, relevant } = await judgedSample(request, options);
    return { vectors, learn: { ...learn, queries, relevant } };
  }
  const learn = method === 'distill-vq' ? { learn: await learnOrderFor(request, objects) } : {};
  const rows = rowsOf(method === 'distill-vq' ? learnRowsMax : rowsPerList * listCountFor(documents));
  return { ...learn, vectors: await index.sampleVectors(rows, random, signal) };
}

async function servingStructure(request: BeginTrainingRequest, objects: ObjectStore): Promise<ServingStructure | null> {
  const { uid, structureVersion, nprobe } = request;
  if (structureVersion === 0) return null;
  const structure = await objects.get(structureObject(uid, structureVersion));
  // Another one serves by now; the coordinator will see it.
  if (structure === null) return null;
  const serving = await parametersWhereReadable(request, objects);
  return { structure: withServingRoutes(structure, structureVersion, serving?.learned ?? null), nprobe };
}
