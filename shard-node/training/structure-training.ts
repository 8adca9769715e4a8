/**
 * A structure from a sample of a shard's vectors, and what it is worth: some vectors are held out of the training and asked as
 * queries, together with short questions; how many of their ten true neighbours lie in the lists nearest to them is the recall.
 *
 * The neighbours are those among the sample, which are fewer and farther than among all documents: the lists that they need are
 * enough for all. Routes are learned from other questions than are asked here, and kept where they lead to as much with fewer lists.
 * Blocks the thread: for workers.
 */
import { seededRandom, type Random } from '../../base/random.js';
import { farQueries } from '../../trainer/structure/far-queries.js';
import {
  probesFor,
  probesUpTo,
  recallAt,
  recallByProbes,
  trueNeighbours,
  type Assigned,
  type HeldOut,
  type ProbeRecall,
} from '../../trainer/structure/held-out.js';
import { listCountFor } from '../../trainer/structure/list-count.js';
import { gatherRows, shuffledRows } from '../../trainer/rows.js';
import { trainRouting } from '../../trainer/structure/train-routing.js';
import { trainStructure } from '../../trainer/structure/train-structure.js';
import { writeListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import { secondLists } from '../../vector-index/codebook/second-lists.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf, nearestList, type Structure } from '../../vector-index/codebook/structure.js';
import type { OnProgress, TrainedFiles, TrainingTask } from './run-training.js';

/** Vectors that are asked as queries, and at most this share of the sample. */
const heldOutMax = 300;
const heldOutShare = 0.1;

/** Points between vectors that routes are learned from, where there are no short questions, and at most this share of the sample. */
const farMax = 4_000;
const farShare = 0.5;

/** Parts of the whole: where each step ends. */
const ends = { neighbours: 0.1, lists: 0.6, anchors: 0.65, words: 0.8, routes: 0.95 };

/** The structure for `task`, evaluated on what was held out. INVALID_ARGUMENT for a sample that cannot be trained on. */
export async function trainAndEvaluate(task: TrainingTask, onProgress: OnProgress): Promise<TrainedFiles> {
  const { dim, documents, copies = 1 } = task;
  const random = seededRandom(task.seed);
  onProgress('finding true neighbours', 0);
  const { vectors, queries } = split(task, random);
  const questions = questionsOf(task, queries, vectors);
  const held = { near: trueNeighbours(queries, vectors, dim), short: trueNeighbours(questions.held, vectors, dim) };
  const told = progressOf(onProgress);
  const { structure, codebook } = trainStructure(
    { dim, vectors, queries: task.shortQueries.length === 0 ? null : task.shortQueries },
    { lists: listCountFor(documents), copies, random, onProgress: told },
  );
  const lists = await listsOf(structure, vectors);
  const routing = trainRouting(
    structure,
    { vectors, lists, queries: questions.learned },
    { random, onProgress: (share) => told('routes', share) },
  );
  onProgress('evaluating', ends.routes);
  const evaluated = betterOf(
    evaluate({ structure, lists }, held),
    evaluate({ structure: { ...structure, routing }, lists }, held),
    task.targetRecall,
  );
  return {
    structure: writeStructureFile(evaluated.structure),
    codebook: writeListCodebookFile(codebook),
    lists: listCountOf(structure),
    sampled: vectors.length / dim,
    heldOutBefore: await servingRecall(held.near, vectors, task),
    heldOutAfter: probesFor(evaluated.probes, task.targetRecall).recall,
    probes: evaluated.probes,
    shortProbes: evaluated.shortProbes,
  };
}

interface Questions {
  /** float32[m, dim] each: what routes are learned from, and what is asked. */
  readonly learned: Float32Array;
  readonly held: Float32Array;
}

/** The short questions at hand, half and half; where there are none, what is as far from the data as these would be. */
function questionsOf({ shortQueries, dim, seed }: TrainingTask, held: Float32Array, vectors: Float32Array): Questions {
  if (shortQueries.length > 0) {
    const half = Math.ceil(shortQueries.length / dim / 2) * dim;
    return { learned: shortQueries.subarray(half), held: shortQueries.subarray(0, half) };
  }
  // Of its own random numbers: structures do not depend on what they are measured with.
  const random = seededRandom(seed + 1);
  const far = farQueries(held, vectors, dim, random);
  const count = Math.min(farMax, Math.floor((vectors.length / dim) * farShare));
  const begun = gatherRows(vectors, dim, shuffledRows(vectors.length / dim, random).subarray(0, count));
  return { learned: farQueries(begun, vectors, dim, random), held: far };
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
}

function evaluate(assigned: Assigned, held: { readonly near: HeldOut; readonly short: HeldOut }): Evaluated {
  const { structure } = assigned;
  const probes = probesUpTo(listCountOf(structure));
  const shortProbes = held.short.queries.length === 0 ? [] : recallByProbes(held.short, assigned, probes);
  return { structure, probes: recallByProbes(held.near, assigned, probes), shortProbes };
}

/** `routed` where it needs no more lists than `plain` for `target`, neither near the data nor far from it. */
function betterOf(plain: Evaluated, routed: Evaluated, target: number): Evaluated {
  const needed = (recalls: readonly ProbeRecall[]): number =>
    recalls.length === 0 ? 0 : probesFor(recalls, target).nprobe;
  const isNoWorse =
    needed(routed.probes) <= needed(plain.probes) && needed(routed.shortProbes) <= needed(plain.shortProbes);
  return isNoWorse ? routed : plain;
}

/** Recall of what serves, with as many lists as it probes; 1 where every search is exact. */
async function servingRecall(near: HeldOut, vectors: Float32Array, { serving, dim }: TrainingTask): Promise<number> {
  if (serving === null) return 1;
  const structure: Structure = readStructureFile(serving.structure);
  if (structure.dim !== dim) return 1;
  const lists = await listsOf(structure, vectors);
  return recallAt(near, { structure, lists }, serving.nprobe === 0 ? listCountOf(structure) : serving.nprobe);
}

/** Takes some rows out of the sample, whose last rows take their places. */
function split(
  { vectors, dim }: TrainingTask,
  random: Random,
): { readonly vectors: Float32Array; readonly queries: Float32Array } {
  const rows = vectors.length / dim;
  const count = Math.min(heldOutMax, Math.floor(rows * heldOutShare));
  const queries = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const last = rows - 1 - i;
    const row = random.below(last + 1);
    queries.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
    vectors.copyWithin(row * dim, last * dim, (last + 1) * dim);
  }
  return { vectors: vectors.subarray(0, (rows - count) * dim), queries };
}

type Step = 'lists' | 'anchors' | 'words' | 'routes';

function progressOf(onProgress: OnProgress): (step: Step, share: number) => void {
  const begins = { lists: ends.neighbours, anchors: ends.lists, words: ends.anchors, routes: ends.words };
  return (step, share) => onProgress(`training ${step}`, begins[step] + share * (ends[step] - begins[step]));
}
