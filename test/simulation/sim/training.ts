/** Trainings of a simulation: the product's own structures, small ones, after a while of virtual time that may be cut short. */
import { sleep, type Clock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import { seededRandom } from '../../../base/random.js';
import type { RunTraining, TrainedFiles, TrainingTask } from '../../../shard-node/training/run-training.js';
import { splitAndEvaluate } from '../../../shard-node/training/split-training.js';
import { trainStructure } from '../../../trainer/structure/train-structure.js';
import { writeListCodebookFile } from '../../../vector-index/codebook/list-codebook.js';
import { writeStructureFile } from '../../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../../vector-index/codebook/structure.js';

/** Lists that a training makes at most. */
export const trainedListsMax = 6;

/** Documents that a collection needs to be trained. */
export const trainDocumentsMin = 4;

/** Lists that are split: most lists that are longer than others. */
export const splitLimits = { means: 1, least: 1 };

const stepsMax = 4;

/** Carries trainings out by `clock`; some come to nothing. The same task has the same end. */
export function trainingOn(clock: Clock): RunTraining {
  return async (task, onProgress, signal) => {
    const random = seededRandom(task.seed);
    const [steps, stepMs] = [1 + random.below(stepsMax), random.unit() * 400];
    for (let step = 0; step < steps; step += 1) {
      await sleep(clock, stepMs, signal);
      signal.throwIfAborted();
      onProgress('training', step / steps);
    }
    if (random.below(8) === 0) throw new ShoalError('RESOURCE_EXHAUSTED', 'the simulated training has no memory');
    return task.split === undefined ? filesOf(task) : splitAndEvaluate(task, task.split, () => undefined);
  };
}

/** A structure of one list or two a document, whose calibration says how many lists are probed, as the seed has it. */
function filesOf(task: TrainingTask): TrainedFiles {
  const { dim, vectors, seed } = task;
  const random = seededRandom(seed);
  const drawn = 1 + random.below(trainedListsMax);
  // Not drawn: what older seeds stand for stays as it is.
  const copies = seed % 4 === 3 ? 2 : 1;
  const secondBits = 1 + (seed % 8);
  const kind = task.untrained ? ({ lists: 1, words: 'signs' } as const) : { lists: drawn };
  const options = { ...kind, copies, secondBits, random } as const;
  const { structure, codebook } = trainStructure({ dim, vectors, queries: null }, options);
  const [count, enough] = [listCountOf(structure), 1 + random.below(trainedListsMax)];
  return {
    structure: writeStructureFile(structure),
    codebook: writeListCodebookFile(codebook),
    lists: count,
    copies: structure.around === undefined ? 1 : 2,
    secondBits,
    sampled: vectors.length / dim,
    heldOutBefore: 1,
    heldOutAfter: 1,
    probes: Array.from({ length: count }, (_, at) => ({ nprobe: at + 1, recall: at + 1 >= enough ? 1 : 0 })),
    shortProbes: [],
  };
}
