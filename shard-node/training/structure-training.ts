/**
 * A structure from a sample of a shard's vectors, and what it is worth: some vectors are held out of the training and asked as
 * queries, together with short questions; how many of their ten true neighbours lie in the lists nearest to them is the recall.
 *
 * The neighbours are those among the sample, which are fewer and farther than among all documents: the lists that they need are
 * enough for all. Routes are learned from other short questions than are asked here, and from vectors, and kept where they lead to as
 * much with fewer lists. They are never learned from points between vectors, which are asked where there are no questions: routes to
 * such points lead real questions no better, and what they need would say nothing of those any more. Blocks the thread: for workers.
 */
import { seededRandom } from '../../base/random.js';
import { codeRecalls } from '../../trainer/structure/code-recall.js';
import {
  leastProbe,
  probesUpTo,
  recallAt,
  recallCurve,
  trueNeighbours,
  type Assigned,
  type HeldOut,
  type ProbeRecall,
} from '../../trainer/structure/held-out.js';
import { listCountFor } from '../../trainer/structure/list-count.js';
import {
  drawnTowards,
  trainRouting,
  type RoutingOptions,
  type RoutingSample,
} from '../../trainer/structure/train-routing.js';
import { trainStructure } from '../../trainer/structure/train-structure.js';
import { secondBitsOf, usualSecondBits, writeListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import { secondLists } from '../../vector-index/codebook/second-lists.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf, nearestList, type Structure } from '../../vector-index/codebook/structure.js';
import { holdOut, questionsOf } from './held-questions.js';
import type { OnProgress, TrainedStructure, TrainingTask } from './run-training.js';

/** Routes are tried as they were learned, and drawn back towards the centroids: the fewer the questions, the nearer to these are the best. */
const routeShares = [1, 0.5, 0.25];

/** Codes of RaBitQ serve while there is too little to train on. */
const oneList = { lists: 1, words: 'signs' } as const;

/** Parts of the whole: where each step ends. */
const ends = { neighbours: 0.1, lists: 0.6, anchors: 0.65, words: 0.8, routes: 0.95 };

/** The structure for `task`, evaluated on what was held out. INVALID_ARGUMENT for a sample that cannot be trained on. */
export async function trainAndEvaluate(task: TrainingTask, onProgress: OnProgress): Promise<TrainedStructure> {
  const { dim, documents, copies = 1, secondBits = usualSecondBits, untrained = false } = task;
  const random = seededRandom(task.seed);
  onProgress('finding true neighbours', 0);
  const { vectors, queries } = holdOut(task, random);
  const questions = questionsOf(task, queries, vectors);
  const [near, short] = [trueNeighbours(queries, vectors, dim), trueNeighbours(questions.held, vectors, dim)];
  const told = progressOf(onProgress);
  const { structure, codebook } = trainStructure(
    { dim, vectors, queries: task.shortQueries.length === 0 ? null : task.shortQueries },
    { ...(untrained ? oneList : { lists: listCountFor(documents) }), copies, secondBits, random, onProgress: told },
  );
  const lists = await listsOf(structure, vectors);
  const routing = { random, onProgress: (share: number) => told('routes', share) };
  const routed = untrained ? [] : routedBy(structure, { vectors, lists, queries: questions.learned }, routing);
  onProgress('evaluating', ends.routes);
  const codes = codeRecalls([near, short], {
    structure: { version: 1, structure, codebook },
    vectors,
    lists: lists[0]!,
  });
  const held = { near: { ...near, codes: codes[0]! }, short: { ...short, codes: codes[1]! } };
  const judged = [structure, ...routed].map((one) => evaluate({ structure: one, lists }, held, task.targetRecall));
  const best = bestOf(judged);
  return {
    structure: writeStructureFile(best.structure),
    codebook: writeListCodebookFile(codebook),
    lists: listCountOf(structure),
    copies: structure.around === undefined ? 1 : 2,
    secondBits: secondBitsOf(codebook),
    sampled: vectors.length / dim,
    heldOutBefore: await servingRecall(near, vectors, task),
    heldOutAfter: leastProbe(best.probes, task.targetRecall).recall,
    probes: best.probes,
    shortProbes: best.shortProbes,
  };
}

/** `structure` with routes, in several strengths. */
function routedBy(structure: Structure, sample: RoutingSample, options: RoutingOptions): Structure[] {
  const routes = trainRouting(structure, sample, options);
  return routeShares.map((share) => ({ ...structure, routing: drawnTowards(structure, routes, share) }));
}

/** The lists of each of `vectors`, as documents are assigned: one array, or two where they lie in two lists. */
async function listsOf(structure: Structure, vectors: Float32Array): Promise<Uint32Array[]> {
  const firsts = await nearestList(structure, vectors);
  return structure.around === undefined ? [firsts] : [firsts, secondLists(structure, vectors, firsts)];
}

interface Evaluated {
  readonly structure: Structure;
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
  /** Lists that are needed for the target, near the data and far from it. */
  readonly needed: readonly number[];
}

function evaluate(
  assigned: Assigned,
  { near, short }: { readonly near: HeldOut; readonly short: HeldOut },
  target: number,
): Evaluated {
  const { structure } = assigned;
  const [nearRecalls, shortRecalls] = [near, short].map((heldOut) => recallCurve(heldOut, assigned));
  const some = (recalls: readonly ProbeRecall[]) => probesUpTo(recalls.length).map((nprobe) => recalls[nprobe - 1]!);
  return {
    structure,
    probes: some(nearRecalls!),
    shortProbes: short.queries.length === 0 ? [] : some(shortRecalls!),
    needed: [nearRecalls!, shortRecalls!].map((recalls) => leastProbe(recalls, target).nprobe),
  };
}

/** Of those that need no more lists than the first, neither near the data nor far from it, the one that needs the fewest. */
function bestOf(judged: readonly Evaluated[]): Evaluated {
  const [first] = judged;
  const product = ({ needed }: Evaluated): number => needed.reduce((lists, more) => lists * more, 1);
  return judged
    .filter(({ needed }) => needed.every((count, i) => count <= first!.needed[i]!))
    .reduce((best, other) => (product(other) < product(best) ? other : best));
}

/** Recall of what serves, with as many lists as it probes; 1 where every search is exact. */
async function servingRecall(near: HeldOut, vectors: Float32Array, { serving, dim }: TrainingTask): Promise<number> {
  if (serving === null) return 1;
  const structure: Structure = readStructureFile(serving.structure);
  if (structure.dim !== dim) return 1;
  const lists = await listsOf(structure, vectors);
  return recallAt(near, { structure, lists }, serving.nprobe === 0 ? listCountOf(structure) : serving.nprobe);
}

type Step = 'lists' | 'anchors' | 'words' | 'routes';

function progressOf(onProgress: OnProgress): (step: Step, share: number) => void {
  const begins = { lists: ends.neighbours, anchors: ends.lists, words: ends.anchors, routes: ends.words };
  return (step, share) => onProgress(`training ${step}`, begins[step] + share * (ends[step] - begins[step]));
}
