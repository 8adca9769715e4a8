/**
 * A structure from a sample of a shard's vectors, and what it is worth: some vectors are held out of the training and asked as
 * queries, together with short questions; how many of their ten true neighbours lie in the lists nearest to them is the recall.
 *
 * The neighbours are those among the sample, which are fewer and farther than among all documents: the lists that they need are
 * enough for all. Blocks the thread: for workers.
 */
import { seededRandom, type Random } from '../../base/random.js';
import { farQueries } from '../../trainer/structure/far-queries.js';
import {
  probesUpTo,
  recallAt,
  recallByProbes,
  trueNeighbours,
  type HeldOut,
} from '../../trainer/structure/held-out.js';
import { listCountFor } from '../../trainer/structure/list-count.js';
import { trainStructure } from '../../trainer/structure/train-structure.js';
import { writeListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf, nearestList, type Structure } from '../../vector-index/codebook/structure.js';
import type { OnProgress, TrainedFiles, TrainingTask } from './run-training.js';

/** Vectors that are asked as queries, and at most this share of the sample. */
const heldOutMax = 300;
const heldOutShare = 0.1;

/** Parts of the whole: where each step ends. */
const ends = { neighbours: 0.1, lists: 0.7, anchors: 0.75, words: 0.95 };

/** The structure for `task`, evaluated on what was held out. INVALID_ARGUMENT for a sample that cannot be trained on. */
export async function trainAndEvaluate(task: TrainingTask, onProgress: OnProgress): Promise<TrainedFiles> {
  const { dim, documents, targetRecall } = task;
  const random = seededRandom(task.seed);
  onProgress('finding true neighbours', 0);
  const { vectors, queries } = split(task, random);
  const near = trueNeighbours(queries, vectors, dim);
  const short = trueNeighbours(farFromData(task, queries, vectors), vectors, dim);
  const { structure, codebook } = trainStructure(
    { dim, vectors, queries: task.shortQueries.length === 0 ? null : task.shortQueries },
    { lists: listCountFor(documents), random, onProgress: progressOf(onProgress) },
  );
  onProgress('evaluating', ends.words);
  const lists = await nearestList(structure, vectors);
  const probes = probesUpTo(listCountOf(structure));
  const nearRecalls = recallByProbes(near, { structure, lists }, probes);
  const enough = nearRecalls.find(({ recall }) => recall >= targetRecall) ?? nearRecalls.at(-1)!;
  return {
    structure: writeStructureFile(structure),
    codebook: writeListCodebookFile(codebook),
    lists: listCountOf(structure),
    sampled: vectors.length / dim,
    heldOutBefore: await servingRecall(near, vectors, task),
    heldOutAfter: enough.recall,
    probes: nearRecalls,
    shortProbes: short.queries.length === 0 ? [] : recallByProbes(short, { structure, lists }, probes),
  };
}

/** The short questions at hand; where there are none, what is as far from the data as these would be. */
export function farFromData(
  { shortQueries, dim, seed }: TrainingTask,
  held: Float32Array,
  vectors: Float32Array,
): Float32Array {
  // Of its own random numbers: structures do not depend on what they are measured with.
  return shortQueries.length > 0 ? shortQueries : farQueries(held, vectors, dim, seededRandom(seed + 1));
}

/** Recall of what serves, with as many lists as it probes; 1 where every search is exact. */
async function servingRecall(near: HeldOut, vectors: Float32Array, { serving, dim }: TrainingTask): Promise<number> {
  if (serving === null) return 1;
  const structure: Structure = readStructureFile(serving.structure);
  if (structure.dim !== dim) return 1;
  const lists = await nearestList(structure, vectors);
  return recallAt(near, { structure, lists }, serving.nprobe === 0 ? listCountOf(structure) : serving.nprobe);
}

/** Takes some rows out of the sample, whose last rows take their places. */
export function split(
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

function progressOf(onProgress: OnProgress): (step: 'lists' | 'anchors' | 'words', share: number) => void {
  const begins = { lists: ends.neighbours, anchors: ends.lists, words: ends.anchors };
  return (step, share) => onProgress(`training ${step}`, begins[step] + share * (ends[step] - begins[step]));
}
