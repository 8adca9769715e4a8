/** A thread of the bare loop. Plain JavaScript, so that nothing but the session is in it. */
import { parentPort, workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';

const session = await ort.InferenceSession.create(workerData, { intraOpNumThreads: 1, interOpNumThreads: 1 });

parentPort.on('message', async ({ sequences, batch, counter }) => {
  const next = new Int32Array(counter);
  const totals = { real: 0, padded: 0 };
  for (;;) {
    const at = Atomics.add(next, 0, batch);
    if (at >= sequences.length) break;
    await runBatch(sequences.slice(at, at + batch), totals);
  }
  parentPort.postMessage(totals);
});
parentPort.postMessage('ready');

async function runBatch(sequences, totals) {
  const length = Math.max(...sequences.map((ids) => ids.length));
  const shape = [sequences.length, length];
  const ids = new BigInt64Array(sequences.length * length);
  const mask = new BigInt64Array(sequences.length * length);
  sequences.forEach((sequence, row) => {
    for (let i = 0; i < sequence.length; i++) ids[row * length + i] = BigInt(sequence[i]);
    mask.fill(1n, row * length, row * length + sequence.length);
    totals.real += sequence.length;
  });
  totals.padded += sequences.length * length;
  const feeds = {
    input_ids: new ort.Tensor('int64', ids, shape),
    attention_mask: new ort.Tensor('int64', mask, shape),
  };
  await session.run(feeds);
}
