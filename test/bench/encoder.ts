/**
 * What does an encoder node cost on top of the bare inference session? The same texts three ways, on the same number of threads.
 *
 * shoal      an encoder node over gRPC, 32 texts a request, 16 requests at a time: tokenised, batched by length, token rows coded
 * bare loop  a loop over session.run in each thread, one text at a time in the order given, token ids ready, results dropped
 * fifo 32    the same with batches of 32 in the order given, padded to the longest
 *
 * In slices, each by all three in turn, so that a slow moment hits all alike. tokensPerSecond counts tokens without padding,
 * paddedPerReal is what batching adds. overBareLoop = tokensPerSecond over the bare loop's; bound 0.9, and 1.15 for padding.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../base/logger.js';
import { openEmbedded } from '../../cluster/embedded/open.js';
import { startEncoderNode, type RunningEncoderNode } from '../../encoder-node/main.js';
import { loadModel } from '../../encoder-node/model/load-model.js';
import { connectEncoder, type EncoderCalls } from '../encoder-calls.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { BareLoop } from './support/bare-loop.js';
import { datasetOption, workloadOf } from './support/workload.js';

export const benchmark: Benchmark = {
  name: 'encoder',
  summary: 'tokens a second of an encoder node, beside the bare inference session',
  options: [
    datasetOption,
    { flag: '--documents N', describe: 'at most so many', default: '1000' },
    { flag: '--slices N', describe: 'turns between the three', default: '4' },
    { flag: '--threads N', describe: 'threads of each', default: '2' },
  ],
  run,
};

const modelDirectory = 'models/default';
const textsPerRequest = 32;
const requestsInFlight = 16;
const overBareLoopMin = 0.9;
const paddedPerRealMax = 1.15;

interface Text {
  readonly title: string;
  readonly text: string;
  /** Token ids as the model gets them. */
  readonly ids: Int32Array;
}

/** One way to encode; gives the real and padded tokens that it ran. */
interface Arm {
  readonly system: string;
  encode(texts: readonly Text[]): Promise<{ readonly real: number; readonly padded: number }>;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { clock, options } = context;
  const threads = Number(options['threads']);
  const texts = (await textsOf(context)).slice(0, Number(options['documents']));
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-encoder-'));
  const logger = createLogger('bench', 'silent');
  const embedded = await openEmbedded({ directory, clock, logger });
  const config = { id: 'encoder-1', modelDirectory, workers: threads, intraOpThreads: 1 };
  const node = await startEncoderNode({ config, registry: embedded.registry, clock, logger });
  const bare = await BareLoop.start(join(modelDirectory, 'model.onnx'), threads);
  const calls = connectEncoder(node.address);
  try {
    const answers: Buffer[] = [];
    const arms: Arm[] = [
      { system: 'shoal', encode: (some) => encodeByNode(node, calls, some, answers) },
      {
        system: 'bare loop',
        encode: (some) =>
          bare.run(
            some.map(({ ids }) => ids),
            1,
          ),
      },
      {
        system: 'fifo 32',
        encode: (some) =>
          bare.run(
            some.map(({ ids }) => ids),
            32,
          ),
      },
    ];
    const rows = await measure(arms, texts, context);
    return { rows, hash: hashOf(answers.map((rows) => rows.toString('base64')).sort()) };
  } finally {
    calls.close();
    await bare.close();
    await node.close();
    await embedded.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(
  arms: readonly Arm[],
  texts: readonly Text[],
  context: BenchmarkContext,
): Promise<Record<string, unknown>[]> {
  const totals = arms.map(({ system }) => ({ system, seconds: 0, real: 0, padded: 0 }));
  const slices = Number(context.options['slices']);
  const size = Math.ceil(texts.length / slices);
  for (let slice = 0; slice < slices; slice++) {
    const some = texts.slice(slice * size, (slice + 1) * size);
    for (let turn = 0; turn < arms.length; turn++) {
      const number = (slice + turn) % arms.length;
      const [arm, total] = [arms[number], totals[number]];
      if (arm === undefined || total === undefined || some.length === 0) continue;
      const startMs = context.clock.monotonicMs();
      const { real, padded } = await arm.encode(some);
      total.seconds += (context.clock.monotonicMs() - startMs) / 1000;
      total.real += real;
      total.padded += padded;
    }
    context.progress(`slice ${slice + 1} of ${slices}`);
  }
  return rowsOf(totals);
}

function rowsOf(
  totals: readonly { system: string; seconds: number; real: number; padded: number }[],
): Record<string, unknown>[] {
  const speedOf = (system: string): number => {
    const total = totals.find((each) => each.system === system);
    return total === undefined ? NaN : total.real / total.seconds;
  };
  return totals.map(({ system, real, padded }) => {
    const row = { system, device: 'cpu', tokensPerSecond: Math.round(speedOf(system)), paddedPerReal: padded / real };
    if (system !== 'shoal') return row;
    const overBareLoop = speedOf(system) / speedOf('bare loop');
    const withinBound = overBareLoop >= overBareLoopMin && padded / real <= paddedPerRealMax;
    return { ...row, overBareLoop, bound: overBareLoopMin, withinBound };
  });
}

async function encodeByNode(
  node: RunningEncoderNode,
  calls: EncoderCalls,
  texts: readonly Text[],
  answers: Buffer[],
): Promise<{ real: number; padded: number }> {
  const before = node.tokens();
  const requests: (readonly Text[])[] = [];
  for (let at = 0; at < texts.length; at += textsPerRequest) requests.push(texts.slice(at, at + textsPerRequest));
  const queue = requests.entries();
  const work = async (): Promise<void> => {
    for (const [, some] of queue) {
      const { encodings } = await calls.documents(some);
      for (const { tokens } of encodings) if (tokens !== undefined) answers.push(tokens.rows);
    }
  };
  await Promise.all(Array.from({ length: requestsInFlight }, work));
  const after = node.tokens();
  return { real: after.real - before.real, padded: after.padded - before.padded };
}

/** The texts with their ids, made before any clock runs. */
async function textsOf(context: BenchmarkContext): Promise<Text[]> {
  const { documents } = await workloadOf(context);
  const { tokenizer, manifest } = await loadModel(modelDirectory);
  return documents.map(({ title = '', text = '' }) => {
    const ids = tokenizer.idsOf(title === '' ? text : `${title} ${text}`).slice(0, manifest.document.maxLength - 2);
    return { title, text, ids: Int32Array.of(tokenizer.startId, ...ids, tokenizer.endId) };
  });
}
