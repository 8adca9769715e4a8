/** The thread of one inference session: batches in, results out, one at a time, queries first. Nothing else runs here. */
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { present } from '../../base/assert.js';
import { systemClock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { EncoderSession, type SequenceResult } from './session.js';
import type { CloseMessage, RunMessage, WorkerError, WorkerReply, WorkerSetup } from './worker-protocol.js';

await main(present(parentPort, 'the port to the main thread'), workerData as WorkerSetup);

async function main(port: MessagePort, setup: WorkerSetup): Promise<void> {
  const session = await open(port, setup);
  if (session === null) return;
  const waiting: RunMessage[] = [];
  const state = { isRunning: false, isClosing: false };
  port.on('message', (message: RunMessage | CloseMessage) => {
    if (message.kind === 'close') state.isClosing = true;
    else waiting.push(message);
    // Never rejects: every failure of a batch is posted as its answer.
    if (!state.isRunning) void work();
  });
  port.postMessage({ kind: 'ready' } satisfies WorkerReply);

  async function work(): Promise<void> {
    state.isRunning = true;
    while (waiting.length > 0) {
      const first = Math.max(
        0,
        waiting.findIndex(({ isQuery }) => isQuery),
      );
      const [next] = waiting.splice(first, 1);
      await answer(port, session as EncoderSession, present(next, 'a batch'));
      // Lets messages in that arrived during the run, so that a query overtakes waiting documents.
      await setImmediate();
    }
    state.isRunning = false;
    if (state.isClosing) {
      await (session as EncoderSession).close();
      port.close();
    }
  }
}

async function open(port: MessagePort, setup: WorkerSetup): Promise<EncoderSession | null> {
  try {
    const codec = setup.codecTables.length === 0 ? null : TokenCodec.parse(setup.codecTables);
    return await EncoderSession.open({ ...setup, codec });
  } catch (thrown) {
    port.postMessage({ kind: 'refused', error: errorOf(thrown) } satisfies WorkerReply);
    port.close();
    return null;
  }
}

async function answer(port: MessagePort, session: EncoderSession, { batch, sequences }: RunMessage): Promise<void> {
  const startMs = systemClock.monotonicMs();
  try {
    const results = await session.run(sequences);
    const runMs = systemClock.monotonicMs() - startMs;
    port.postMessage({ kind: 'done', batch, results, runMs } satisfies WorkerReply, buffersOf(results));
  } catch (thrown) {
    port.postMessage({ kind: 'failed', batch, error: errorOf(thrown) } satisfies WorkerReply);
  }
}

function buffersOf(results: readonly SequenceResult[]): ArrayBuffer[] {
  return results.flatMap(({ dense, tokens, features }) =>
    [dense?.buffer, tokens?.buffer, features?.buffer].filter((buffer) => buffer instanceof ArrayBuffer),
  );
}

function errorOf(thrown: unknown): WorkerError {
  const { code, message } = ShoalError.from(thrown);
  return { code, message };
}
