/**
 * Learned parameters for the structure that serves: words, an adapter and biases of its scan, from a sample of a shard's vectors and what the
 * collection is asked with. Nothing of the structure changes. Blocks the thread: for workers.
 */
import { seededRandom } from '../../base/random.js';
import { distillVq } from '../../trainer/learned/distill-vq.js';
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

/** Parts of the whole: where coding the sample ends. */
const codedShare = 0.1;

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
  const { parameters, before, after } = distillVq(
    {
      ...{ structure, vectors },
      queries: order.queries.length === 0 ? null : order.queries,
      from: order.serving === null ? null : servingNow(readLearnedParametersFile(order.serving), structure),
    },
    {
      random: seededRandom(seed),
      // As many questions near the data as far from it: who learned from the latter alone would find less of the former.
      askingDocuments: order.queries.length / dim,
      onProgress: ({ share, best }) =>
        onProgress(`learning, finds ${best.toFixed(4)} by first codes`, codedShare + (1 - codedShare) * share),
    },
  );
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
