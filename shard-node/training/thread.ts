/** Carries a training out in a thread of its own, which ends with it, or at once when nobody wants its result any more. */
import { Worker } from 'node:worker_threads';
import { ShoalError } from '../../base/errors.js';
import { workerEntry } from '../../base/worker-entry.js';
import type { Leavings, OnProgress, TrainedFiles, TrainingTask } from './run-training.js';
import type { TrainingReply } from './worker-protocol.js';

/** As `RunTraining` says. INTERNAL when the thread dies, UNAVAILABLE when it has no memory left. */
export async function runInThread(
  task: TrainingTask,
  onProgress: OnProgress,
  signal: AbortSignal,
  leavings: Leavings,
): Promise<TrainedFiles> {
  signal.throwIfAborted();
  const worker = startWorker(task);
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await resultOf(worker, { onProgress, leavings }, signal);
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

interface Hearers {
  readonly onProgress: OnProgress;
  readonly leavings: Leavings;
}

function resultOf(worker: Worker, hearers: Hearers, signal: AbortSignal): Promise<TrainedFiles> {
  return new Promise((resolve, reject) => {
    worker.on('message', (reply: TrainingReply) => {
      if (reply.kind === 'trained') resolve(reply.files);
      else if (reply.kind === 'failed') reject(new ShoalError(reply.error.code, reply.error.message));
      else tell(reply, hearers);
    });
    worker.once('error', (cause) => {
      const isFull = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const why = isFull ? 'has no memory left' : `failed: ${String(cause)}`;
      reject(new ShoalError(isFull ? 'UNAVAILABLE' : 'INTERNAL', `the thread of a training ${why}`, { cause }));
    });
    worker.once('exit', () => {
      if (signal.aborted) reject(new ShoalError('CANCELLED', 'the training was stopped'));
      else reject(new ShoalError('INTERNAL', 'the thread of a training ended before it was done'));
    });
  });
}

function tell(
  reply: Exclude<TrainingReply, { readonly kind: 'trained' | 'failed' }>,
  { onProgress, leavings }: Hearers,
): void {
  switch (reply.kind) {
    case 'progress':
      return onProgress(reply.step, reply.share);
    case 'left':
      return leavings.left(reply.step, reply.bytes);
    case 'resumed':
      return leavings.resumed(reply.share);
    case 'refused':
      return leavings.refused(reply.why);
  }
}

function startWorker(task: TrainingTask): Worker {
  const { start, options } = workerEntry(new URL('./worker.js', import.meta.url), import.meta.url);
  const given = [task.vectors, ...(task.split?.lists.map(({ vectors }) => vectors) ?? [])];
  const transferList = given.map(({ buffer }) => buffer as ArrayBuffer);
  return new Worker(start, { ...options, workerData: task, transferList });
}
