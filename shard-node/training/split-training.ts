/**
 * A structure that is made of the one that serves by splitting the lists that have grown too long: codes stay what they are, and how many
 * lists find as much as before is measured on a sample, under both. Blocks the thread: for workers.
 */
import { ShoalError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import { CarriedProbes, type CarriedFrom } from '../../trainer/structure/carry-probes.js';
import { divideLists } from '../../trainer/structure/divide-lists.js';
import { trueNeighbours, type HeldOut } from '../../trainer/structure/held-out.js';
import {
  readListCodebookFile,
  secondBitsOf,
  writeListCodebookFile,
} from '../../vector-index/codebook/list-codebook.js';
import { splitStructure } from '../../vector-index/codebook/split-structure.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf, listsMax, nearestList, type Structure } from '../../vector-index/codebook/structure.js';
import { holdOut, questionsOf } from './held-questions.js';
import type { OnProgress, SplitOrder, TrainedStructure, TrainingTask } from './run-training.js';

/** Parts of the whole: where each step ends. */
const ends = { dividing: 0.4, neighbours: 0.9 };

/** The structure for `task`, whose lists are split as `order` says. INVALID_ARGUMENT where none of them can be divided. */
export async function splitAndEvaluate(
  task: TrainingTask,
  order: SplitOrder,
  onProgress: OnProgress,
): Promise<TrainedStructure> {
  const { dim, seed } = task;
  const random = seededRandom(seed);
  onProgress('dividing lists', 0);
  const structure = readStructureFile(order.structure);
  const base = { version: order.version, structure, codebook: readListCodebookFile(order.codebook) };
  const addedMax = listsMax - listCountOf(structure);
  const parts = divideLists(order.lists, { dim, partSize: order.partSize, addedMax, random });
  if (parts.size === 0) {
    const what = `${order.lists.length} lists are too long, and cannot be divided: most of their vectors are alike`;
    const how = "they serve as they are; where that is too slow, train again by method 'structure'";
    throw new ShoalError('INVALID_ARGUMENT', `${what}; ${how}`);
  }
  const next = splitStructure(base, parts);
  onProgress('finding true neighbours', ends.dividing);
  const { vectors, queries } = holdOut(task, random);
  const heldOut = trueNeighbours(queries, vectors, dim);
  const farHeldOut = trueNeighbours(questionsOf({ ...task, split: order }, queries, vectors).held, vectors, dim);
  onProgress('evaluating', ends.neighbours);
  const from = await carriedFrom(heldOut, vectors, structure, next.structure);
  const [near, far] = [new CarriedProbes(from), new CarriedProbes({ ...from, heldOut: farHeldOut })];
  const recalls = near.recalls(order.nprobe === 0 ? listCountOf(structure) : order.nprobe);
  return {
    structure: writeStructureFile(next.structure),
    codebook: writeListCodebookFile(next.codebook),
    lists: listCountOf(next.structure),
    copies: 1,
    secondBits: secondBitsOf(next.codebook),
    sampled: vectors.length / dim,
    heldOutBefore: recalls.before,
    heldOutAfter: recalls.after,
    probes: near.probes(order.probes),
    shortProbes: far.probes(order.shortProbes),
  };
}

async function carriedFrom(
  heldOut: HeldOut,
  vectors: Float32Array,
  before: Structure,
  after: Structure,
): Promise<CarriedFrom> {
  const [former, latter] = await Promise.all([nearestList(before, vectors), nearestList(after, vectors)]);
  return { heldOut, before: { structure: before, lists: [former] }, after: { structure: after, lists: [latter] } };
}
