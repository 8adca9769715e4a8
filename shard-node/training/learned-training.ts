/**
 * Learned parameters for the structure that serves: words, an adapter and biases of its scan, from a sample of a shard's vectors and what the
 * collection is asked with, judged or not. Nothing of the structure changes. Blocks the thread: for workers.
 */
import { seededRandom, type Random } from '../../base/random.js';
import type { TaughtDocuments } from '../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../trainer/learned/coded-documents.js';
import { distillVq, type DistillOptions, type DistillSample } from '../../trainer/learned/distill-vq.js';
import { firstCodeRecall, heldOutQueries } from '../../trainer/learned/first-code-recall.js';
import type { FitProgress } from '../../trainer/learned/fit-state.js';
import { jpq, recallFloor, type JpqSample } from '../../trainer/learned/jpq.js';
import { publishedParameters, startingParameters } from '../../trainer/learned/scan-parameters.js';
import { documentsAsking } from '../../trainer/learned/split-queries.js';
import { shuffledRows } from '../../trainer/rows.js';
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
import { keptFit, type KeptFitParts } from './kept-fit.js';
import { learnRoutes, type RoutesFound, type RoutesTask } from './learned-routes.js';
import type { LearnOrder, OnProgress, TrainedParameters, TrainingTask } from './run-training.js';

/** Parts of the whole: where coding the sample ends, where learning what scans read does, and where judging that. */
const codedShare = 0.1;
const learnedShare = 0.7;
const evaluatedShare = 0.75;
/** Values of a vector up to which its adapter is worth its products, as many as a thousand rows take, and their memory. */
const adapterDimMax = 2_048;
/** Vectors, and what share of all, that ask whether what was learned for queries finds as much for them as before, and what may be chance. */
const nearQuestions = 500;
const nearShare = 1 / 5;
const nearTolerance = 0.005;

/**
 * The parameters that `order` asks for, judged on held-out questions: null where none were found that are better than those that serve.
 * INVALID_ARGUMENT for a sample that cannot be learned from, FAILED_PRECONDITION where training runs away.
 */
export function learnAndEvaluate(
  task: TrainingTask,
  order: LearnOrder,
  onProgress: OnProgress,
  kept?: Pick<KeptFitParts, 'clock' | 'leavings'>,
): TrainedParameters {
  const { dim, vectors, checkpoints } = task;
  const keeping = checkpoints && kept && keptFit(checkpoints, { ...kept, wholeShare });
  const done = keeping?.last?.curve.at(-1)?.share;
  onProgress('coding vectors', done === undefined ? 0 : wholeShare(done));
  const codebook = readListCodebookFile(order.codebook);
  const structure = { version: order.version, structure: readStructureFile(order.structure), codebook };
  const from = order.serving === null ? null : servingNow(readLearnedParametersFile(order.serving), structure);
  const random = seededRandom(task.seed);
  const sample = { structure, vectors, from };
  const parts = {
    random,
    // Of a generator of its own, as what was learned before a kill is gone on with by the fit's.
    near: nearDocuments(vectors.length / dim, seededRandom(task.seed)),
    hasAdapter: dim <= adapterDimMax,
    keeping,
    onProgress: ({ share, loss, best }: FitProgress) =>
      onProgress(`learning, loss ${loss.toFixed(4)}, ${figure(best, order)}`, wholeShare(share)),
    onLearned: () => onProgress('evaluating', learnedShare),
  };
  const { parameters: scan, before, after } = learnScan(sample, order, parts);
  const found = order.relevant === undefined ? newRoutes({ ...task, structure }, order, { random, onProgress }) : null;
  const published = scan === null && found === null ? null : withRoutes(scan ?? unlearned(sample), found, from);
  return {
    parameters: published === null ? null : writeLearnedParametersFile(published),
    lists: codedLists(codebook),
    copies: structure.structure.around === undefined ? 1 : 2,
    secondBits: secondBitsOf(codebook),
    sampled: vectors.length / dim,
    heldOutBefore: before,
    heldOutAfter: after,
    ...(published?.routes === undefined ? { probes: [], shortProbes: [] } : calibrationOf(found ?? order)),
    ...(found === null ? {} : { needed: { before: found.neededBefore, after: found.neededAfter } }),
  };
}

/** Of the whole, where learning what scans read is at `share` of its own. */
function wholeShare(share: number): number {
  return codedShare + (learnedShare - codedShare) * share;
}

function newRoutes(
  { structure, vectors, shortQueries, targetRecall }: Omit<RoutesTask, 'queries' | 'probes' | 'shortProbes'>,
  { queries, probes, shortProbes }: LearnOrder,
  { random, onProgress }: { readonly random: Random; readonly onProgress: OnProgress },
): RoutesFound | null {
  return learnRoutes(
    { structure, vectors, queries, shortQueries, targetRecall, probes, shortProbes },
    {
      random,
      onProgress: (share) => onProgress('learning routes', evaluatedShare + (1 - evaluatedShare) * share),
    },
  );
}

/** `scan` with the routes that were found, or with those that serve. */
function withRoutes(
  scan: LearnedParameters,
  found: RoutesFound | null,
  from: LearnedParameters | null,
): LearnedParameters {
  const routes = found?.routes ?? from?.routes;
  return routes === undefined ? scan : { ...scan, routes };
}

/** The parameters that serve, or what the structure does by itself. */
function unlearned({ structure, from }: Sample): LearnedParameters {
  const parts = { hasAdapter: false, hasBiases: false, from: from ?? null };
  return publishedParameters(startingParameters(structure, parts), structure);
}

function calibrationOf({ probes, shortProbes }: Pick<RoutesFound, 'probes' | 'shortProbes'>) {
  return { probes, shortProbes };
}

function figure(best: number, { relevant }: LearnOrder): string {
  const found = relevant === undefined ? 'held-out queries find' : 'MRR@10 by judgements';
  return `${found} ${best.toFixed(4)} by first codes`;
}

/** What a method has found, in the figure by which it judges: the share of neighbours that is found, or MRR@10 by judgements. */
interface Found {
  readonly parameters: LearnedParameters | null;
  readonly before: number;
  readonly after: number;
  /** What has to be left of the share of their neighbours that vectors found before; null = that is what was judged. */
  readonly leastNear: ((before: number) => number) | null;
}

type Sample = Pick<DistillSample, 'structure' | 'vectors' | 'from'>;
type CodedSample = Sample & TaughtDocuments;
interface MethodParts extends Pick<DistillOptions, 'random' | 'onProgress' | 'keeping'> {
  readonly hasAdapter: boolean;
  /** Rows of the vectors that no fit asks. */
  readonly near: Uint32Array;
}

/** What scans read, judged: no parameters where none find more of what is asked, or only by finding less of the vectors' own neighbours. */
function learnScan(
  uncoded: Sample,
  { queries, relevant }: LearnOrder,
  parts: MethodParts & { onLearned(): void },
): Omit<Found, 'leastNear'> {
  const sample = { ...uncoded, documents: new CodedDocuments(uncoded.structure, uncoded.vectors) };
  const learned =
    relevant === undefined ? distilled(sample, queries, parts) : judged(sample, { queries, relevant }, parts);
  parts.onLearned();
  const { parameters, before, after, leastNear } = learned;
  const isWorse =
    parameters !== null && leastNear !== null && losesNear(sample, parameters, { leastNear, near: parts.near });
  return isWorse ? { parameters: null, before, after: before } : { parameters, before, after };
}

/** Without labels. As many questions near the data as far from it: who learned from the latter alone would find less of the former. */
function distilled(sample: CodedSample, queries: Float32Array, parts: MethodParts): Found {
  const isAsked = queries.length > 0;
  const askingDocuments = queries.length / sample.structure.codebook.dim;
  const asking = { askingDocuments, heldDocuments: parts.near };
  const learned = distillVq({ ...sample, queries: isAsked ? queries : null }, { ...parts, ...asking });
  const [before, after] = [learned.before.at10, learned.after.at10];
  const leastNear = isAsked ? (near: number): number => near - nearTolerance : null;
  return { parameters: learned.parameters, before, after, leastNear };
}

function judged(sample: CodedSample, labelled: Pick<JpqSample, 'queries' | 'relevant'>, parts: MethodParts): Found {
  const { parameters, before, after } = jpq({ ...sample, ...labelled, from: sample.from ?? null }, parts);
  return { parameters, before: before.mrr, after: after.mrr, leastNear: (near) => recallFloor * near };
}

function nearDocuments(count: number, random: Random): Uint32Array {
  return shuffledRows(count, random).slice(0, Math.min(nearQuestions, Math.ceil(count * nearShare)));
}

/** Whether vectors that ask for their neighbours find too much less of them by `learned` than by what serves. */
function losesNear(
  taught: CodedSample,
  learned: LearnedParameters,
  { leastNear, near }: { readonly leastNear: (before: number) => number; readonly near: Uint32Array },
): boolean {
  const { structure, vectors, from } = taught;
  const held = heldOutQueries(taught, documentsAsking(structure, vectors, near));
  const [before, after] = [from ?? null, learned].map((parameters) => {
    const parts = { hasAdapter: false, hasBiases: false, from: parameters };
    return firstCodeRecall(taught, held, startingParameters(structure, parts)).at10;
  });
  return after! < leastNear(before!);
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
    ...(parameters.routes === undefined || parameters.structureVersion !== structure.version
      ? {}
      : { routes: parameters.routes }),
  };
}
