/** The thread of one training: a task in, its progress and its files out. It has the lowest priority: searches go first. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { present } from '../../base/assert.js';
import { systemClock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { learnAndEvaluate } from './learned-training.js';
import type { Leavings, OnProgress, TrainedFiles, TrainingTask } from './run-training.js';
import { splitAndEvaluate } from './split-training.js';
import { trainAndEvaluate } from './structure-training.js';
import type { TrainingReply } from './worker-protocol.js';

await main(present(parentPort, 'the port to the main thread'), workerData as TrainingTask);

async function main(port: MessagePort, task: TrainingTask): Promise<void> {
  const say = (reply: TrainingReply, buffers: ArrayBuffer[] = []): void => port.postMessage(reply, buffers);
  try {
    // Of this thread alone, where the system has priorities of threads.
    setPriority(constants.priority.PRIORITY_LOW);
    const onProgress: OnProgress = (step, share) => say({ kind: 'progress', step, share });
    const leavings: Leavings = {
      left: (step, bytes) => say({ kind: 'left', step, bytes }, [bytes.buffer as ArrayBuffer]),
      resumed: (share) => say({ kind: 'resumed', share }),
      refused: (why) => say({ kind: 'refused', why }),
    };
    const files = await carriedOut(task, onProgress, leavings);
    say({ kind: 'trained', files }, buffersOf(files));
  } catch (thrown) {
    const { code, message } = ShoalError.from(thrown);
    say({ kind: 'failed', error: { code, message } });
  } finally {
    port.close();
  }
}

function carriedOut(
  task: TrainingTask,
  onProgress: OnProgress,
  leavings: Leavings,
): TrainedFiles | Promise<TrainedFiles> {
  const { split, learn } = task;
  if (split !== undefined) return splitAndEvaluate(task, split, onProgress);
  if (learn !== undefined) return learnAndEvaluate(task, learn, onProgress, { clock: systemClock, leavings });
  return trainAndEvaluate(task, onProgress);
}

function buffersOf(files: TrainedFiles): ArrayBuffer[] {
  const own = 'structure' in files ? [files.structure, files.codebook] : [files.parameters];
  return own.flatMap((file) => (file?.buffer instanceof ArrayBuffer ? [file.buffer] : []));
}
