/** The thread of one training: a task in, its progress and its files out. It has the lowest priority: searches go first. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import type { OnProgress, TrainedFiles, TrainingTask } from './run-training.js';
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
    const { split } = task;
    const files = await (split === undefined
      ? trainAndEvaluate(task, onProgress)
      : splitAndEvaluate(task, split, onProgress));
    say({ kind: 'trained', files }, buffersOf(files));
  } catch (thrown) {
    const { code, message } = ShoalError.from(thrown);
    say({ kind: 'failed', error: { code, message } });
  } finally {
    port.close();
  }
}

function buffersOf({ structure, codebook }: TrainedFiles): ArrayBuffer[] {
  return [structure.buffer, codebook.buffer].filter((buffer) => buffer instanceof ArrayBuffer);
}
