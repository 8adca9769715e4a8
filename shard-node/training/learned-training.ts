/**
 * Learned parameters for the structure that serves: words, an adapter and biases of its scan, from a sample of a shard's vectors and what the
 * collection is asked with. Nothing of the structure changes. Blocks the thread: for workers.
 */
import { seededRandom, type Random } from '../../base/random.js';
import type { TrainingQueries } from '../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../trainer/learned/coded-documents.js';
import { distillVq, type DistillSample } from '../../trainer/learned/distill-vq.js';
import { firstCodeRecall, heldOutQueries } from '../../trainer/learned/first-code-recall.js';
import { startingParameters } from '../../trainer/learned/scan-parameters.js';
import { askingDocuments, splitQueries } from '../../trainer/learned/split-queries.js';
import {
  readLearnedParametersFile,
  writeLearnedParametersFile,
  type LearnedParameters,
} from '../../vector-index/codebook/learned-parameters.js';
import { codedLists, readListCodebookFile, secondBitsOf } from '../../vector-index/codebook/list-codebook.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { LearnedScans } from '../../vector-index/lists/learned-scan.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';
import { readStructureFile } from '../../vector-index/codebook/structure-file.js';
import type { LearnOrder, OnProgress, TrainedParameters, TrainingTask } from './run-training.js';

/** Parts of the whole: where coding the sample ends, and where learning does. */
const codedShare = 0.1;
const learnedShare = 0.95;
/** Values of a vector up to which its adapter is worth its products, as many as a thousand rows take, and their memory. */
const adapterDimMax = 2_048;
/** Vectors that ask whether what was learned for queries finds as much for them as before, and what may be chance. */
const nearQuestions = 500;
const nearTolerance = 0.005;

/**
 * The parameters that `order` asks for, judged on held-out questions: null where none were found that find more than those that serve.
 * INVALID_ARGUMENT for a sample that cannot be learned from.
 */
export function learnAndEvaluate(
  { dim, vectors, seed }: TrainingTask,
  order: LearnOrder,
  onProgress: OnProgress,
): TrainedParameters {
  onProgress('coding vectors', 0);
  const codebook = readListCodebookFile(order.codebook);
  const structure = { version: order.version, structure: readStructureFile(order.structure), codebook };
  const from = order.serving === null ? null : servingNow(readLearnedParametersFile(order.serving), structure);
  const random = seededRandom(seed);
  const learned = distillVq(
    { structure, vectors, queries: order.queries.length === 0 ? null : order.queries, from },
    {
      random,
      // As many questions near the data as far from it: who learned from the latter alone would find less of the former.
      askingDocuments: order.queries.length / dim,
      hasAdapter: dim <= adapterDimMax,
      onProgress: ({ share, best }) =>
        onProgress(
          `learning, finds ${best.toFixed(4)} by first codes`,
          codedShare + (learnedShare - codedShare) * share,
        ),
    },
  );
  onProgress('evaluating', learnedShare);
  const isWorse =
    learned.parameters !== null &&
    order.queries.length > 0 &&
    losesNear({ structure, vectors, from }, learned.parameters, random);
  const { before } = learned;
  const [parameters, after] = isWorse ? [null, before] : [learned.parameters, learned.after];
  return {
    parameters: parameters === null ? null : writeLearnedParametersFile(parameters),
    lists: codedLists(codebook),
    copies: structure.structure.around === undefined ? 1 : 2,
    secondBits: secondBitsOf(codebook),
    sampled: vectors.length / dim,
    heldOutBefore: before.at10,
    heldOutAfter: after.at10,
    probes: [],
    shortProbes: [],
  };
}

/** Whether vectors that ask for their neighbours find less of them by `learned` than by what serves. */
function losesNear(
  { structure, vectors, from }: Pick<DistillSample, 'structure' | 'vectors' | 'from'>,
  learned: LearnedParameters,
  random: Random,
): boolean {
  const taught = { structure, documents: new CodedDocuments(structure, vectors) };
  const { training } = splitQueries(structure, askingDocuments(vectors, structure.codebook.dim, random), random);
  const held = heldOutQueries(taught, firstOf(training, nearQuestions, structure.codebook.dim));
  const [before, after] = [from ?? null, learned].map((parameters) => {
    const parts = { hasAdapter: false, hasBiases: false, from: parameters };
    return firstCodeRecall(taught, held, startingParameters(structure, parts)).at10;
  });
  return after! < before! - nearTolerance;
}

function firstOf({ rows, selves }: TrainingQueries, count: number, dim: number): TrainingQueries {
  return { rows: rows.subarray(0, count * dim), selves: selves?.subarray(0, count) ?? null };
}

/** The parameters that serve, as they are laid over `structure`: their own, or one that was made of it by splits since. */
function servingNow(parameters: LearnedParameters, structure: ListStructure): LearnedParameters | null {
  const scan = new LearnedScans().of(new ListCoder(structure), parameters);
  if (scan === null) return null;
  const { dim, subquantizers, dsub } = parameters;
  return {
    ...{ structureVersion: structure.version, dim, lists: codedLists(structure.codebook), subquantizers, dsub },
    scanWords: scan.words,
    ...(scan.adapter === null ? {} : { adapter: scan.adapter }),
    ...(scan.listBiases === null ? {} : { listBiases: scan.listBiases }),
  };
}
