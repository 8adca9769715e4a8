/**
 * How much does storing cost on top of encoding? The same documents once through the encoder node alone and once through an import.
 *
 * In slices, each first one way and then the other, in turn, so that a slow moment hits both alike. Encoding alone sends the texts
 * over gRPC as an import does, 32 in a request and several requests at a time. overEncoding = seconds of the import over those of
 * encoding alone; bound = 1.15.
 */
import type { Clock } from '../../../base/clock.js';
import type { Document } from '../../../client/sdk/types.js';
import { connectEncoder, type EncoderCalls } from '../../encoder-calls.js';
import { importAll, startTemporaryCluster, type TemporaryCluster } from '../../temporary-collection.js';
import type { BenchmarkContext } from '../benchmark.js';
import { workloadOf } from './workload.js';

export interface BesideEncoding {
  readonly rows: readonly Record<string, unknown>[];
  /** What is stored afterwards. */
  readonly contents: readonly string[];
}

const collection = 'corpus';
const textsPerRequest = 32;
const requestsInFlight = 16;
const overEncodingMax = 1.15;

/** Runs both ways over the workload that the options name. */
export async function measureBesideEncoding(context: BenchmarkContext): Promise<BesideEncoding> {
  const workload = await workloadOf(context);
  const documents = workload.documents.slice(0, Number(context.options['documents']));
  const cluster = await startTemporaryCluster();
  const calls = connectEncoder(cluster.encoder);
  try {
    await cluster.client.collections.create(collection);
    await encodeAll(calls, documents.slice(0, textsPerRequest));
    const seconds = { encode: 0, import: 0 };
    const slices = slicesOf(documents, Number(context.options['slices']));
    for (const [number, slice] of slices.entries()) {
      const turns = [
        async () => (seconds.encode += await timed(context.clock, () => encodeAll(calls, slice))),
        async () => (seconds.import += await timed(context.clock, () => importAll(cluster.client, collection, slice))),
      ];
      for (const turn of number % 2 === 0 ? turns : turns.reverse()) await turn();
      context.progress(`slice ${number + 1} of ${slices.length}`);
    }
    return { rows: rowsOf(documents.length, seconds), contents: await contents(cluster) };
  } finally {
    calls.close();
    await cluster.close();
  }
}

function rowsOf(documents: number, seconds: { encode: number; import: number }): Record<string, unknown>[] {
  const overEncoding = seconds.import / seconds.encode;
  return [
    { system: 'encoding alone', log: 'none', documents, documentsPerSecond: documents / seconds.encode },
    {
      system: 'shoal with encoding',
      log: 'embedded',
      documents,
      documentsPerSecond: documents / seconds.import,
      overEncoding,
      bound: overEncodingMax,
      withinBound: overEncoding <= overEncodingMax,
    },
  ];
}

function slicesOf(documents: readonly Document[], count: number): Document[][] {
  const size = Math.ceil(documents.length / Math.max(1, count));
  return Array.from({ length: Math.ceil(documents.length / size) }, (_, i) =>
    documents.slice(i * size, (i + 1) * size),
  );
}

/** Keeps a fixed number of requests under way until every document is encoded. */
async function encodeAll(calls: EncoderCalls, documents: readonly Document[]): Promise<void> {
  const requests = slicesOf(documents, Math.ceil(documents.length / textsPerRequest)).values();
  const work = async (): Promise<void> => {
    for (const batch of requests) {
      await calls.documents(batch.map(({ title, text }) => ({ title: title ?? '', text: text ?? '' })));
    }
  };
  await Promise.all(Array.from({ length: requestsInFlight }, work));
}

async function timed(clock: Clock, work: () => Promise<unknown>): Promise<number> {
  const beginMs = clock.monotonicMs();
  await work();
  return (clock.monotonicMs() - beginMs) / 1000;
}

/** What is stored afterwards: id, size of the text, number of tokens. */
async function contents({ client }: TemporaryCluster): Promise<string[]> {
  const lines: string[] = [];
  for await (const { id, text, tokens } of client.documents.scroll(collection, { withVectors: true })) {
    lines.push(`${id} ${text?.length ?? 0} ${tokens?.count ?? 0}`);
  }
  return lines.sort();
}
