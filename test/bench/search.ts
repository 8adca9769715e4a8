/**
 * What does a search cost beyond encoding, beside the one part that cannot be saved, MaxSim over its candidates?
 *
 * Queries one at a time, k = 10. totalMinusEncode* = the cluster's own milliseconds without encoding; maxSimKernelP50Ms = the kernel
 * alone, on one thread, right after each query, over the token records of the same candidates (those of both first stages), read
 * beforehand; prepareP50Ms = making the query ready for it, not counted in it. bound = 1.3 × kernel + 2 ms at the median.
 */
import { present } from '../../base/assert.js';
import { percentile } from '../../client/cli/eval/metrics.js';
import type { SearchMode, StoredDocument } from '../../client/sdk/types.js';
import { maxSimCodes, prepareMaxSim, type CodedDocuments } from '../../kernels/kernels.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { connectEncoder } from '../encoder-calls.js';
import { openTemporaryCollection, type TemporaryCollection } from '../temporary-collection.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { datasetOption, workloadOf } from './support/workload.js';

export const benchmark: Benchmark = {
  name: 'search',
  summary: 'a search without its encoding, beside MaxSim alone over the same candidates',
  options: [datasetOption, { flag: '--queries N', describe: 'at most so many', default: '300' }],
  run,
};

const modes: readonly SearchMode[] = ['hybrid', 'dense', 'sparse', 'multi'];
const hits = 10;
/** What each first stage gives a search with k = 10. */
const candidatesPerStage = 100;
const warmUpQueries = 10;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const workload = await workloadOf(context);
  const queries = workload.queries.slice(0, Number(context.options['queries']));
  context.progress(`importing ${workload.documents.length} documents of ${workload.name}`);
  const opened = await openTemporaryCollection(workload.documents);
  try {
    const kernel = await openKernel(opened);
    context.progress(`asking ${queries.length} queries in ${modes.length} modes`);
    const rows: Record<string, unknown>[] = [];
    const lines: string[] = [];
    for (const mode of modes) {
      const measured = await measure(context, { opened, kernel, mode, queries });
      rows.push({ system: 'shoal', mode, documents: opened.documents, ...measured.row });
      lines.push(...measured.lines);
    }
    return { rows, hash: hashOf(lines) };
  } finally {
    await opened.close();
  }
}

interface Task {
  readonly opened: TemporaryCollection;
  readonly kernel: Kernel;
  readonly mode: SearchMode;
  readonly queries: readonly string[];
}

async function measure(
  { clock }: BenchmarkContext,
  { opened, kernel, mode, queries }: Task,
): Promise<{ row: Record<string, unknown>; lines: string[] }> {
  const { client, collection } = opened;
  const ask = (text: string) => client.search(collection, text, { mode, k: hits, requireFull: true });
  const stages = stagesOf(mode);
  for (const text of queries.slice(0, warmUpQueries)) await ask(text);
  const totals: number[] = [];
  const kernels: number[] = [];
  const prepares: number[] = [];
  const lines: string[] = [];
  for (const text of queries) {
    const score = stages.length === 0 ? null : await kernel.scorer(text, stages);
    const answer = await ask(text);
    totals.push(answer.timings.totalMs - answer.timings.encodeMs);
    lines.push(`${mode} ${answer.hits.map(({ id }) => id).join(' ')}`);
    if (score === null) continue;
    const beginMs = clock.monotonicMs();
    const run = score();
    const readyMs = clock.monotonicMs();
    await run();
    kernels.push(clock.monotonicMs() - readyMs);
    prepares.push(readyMs - beginMs);
  }
  const times = { totalMinusEncodeP50Ms: percentile(totals, 0.5), p99Ms: percentile(totals, 0.99) };
  if (kernels.length === 0) return { row: times, lines };
  const maxSimKernelP50Ms = percentile(kernels, 0.5);
  const bound = 1.3 * maxSimKernelP50Ms + 2;
  const withinBound = times.totalMinusEncodeP50Ms <= bound;
  const prepareP50Ms = percentile(prepares, 0.5);
  return { row: { ...times, maxSimKernelP50Ms, prepareP50Ms, bound, withinBound }, lines };
}

/** The first stages whose candidates get a MaxSim score. */
function stagesOf(mode: SearchMode): readonly ('dense' | 'sparse')[] {
  if (mode === 'hybrid') return ['dense', 'sparse'];
  return mode === 'multi' ? ['dense'] : [];
}

interface Kernel {
  /** Finds the candidates of `text`; gives what prepares the query, which gives what scores them. */
  scorer(text: string, stages: readonly ('dense' | 'sparse')[]): Promise<() => () => Promise<Float32Array>>;
}

/** All token records of the collection in one column, as a shard has them, and the kernel over it. */
async function openKernel({ client, collection, encoder }: TemporaryCollection): Promise<Kernel> {
  const calls = connectEncoder(encoder);
  const codec = TokenCodec.parse((await calls.info()).tokenCodecTables);
  const exported: StoredDocument[] = [];
  for await (const stored of client.documents.scroll(collection, { withVectors: true })) exported.push(stored);
  const records = exported.map(({ tokens }) => tokens?.rows ?? new Uint8Array(0));
  const column = new Uint8Array(records.reduce((sum, record) => sum + record.length, 0));
  const places = new Map<string, { offset: bigint; count: number }>();
  let at = 0;
  exported.forEach(({ id, tokens }, i) => {
    const record = records[i] ?? new Uint8Array(0);
    column.set(record, at);
    places.set(id, { offset: BigInt(at), count: tokens?.count ?? 0 });
    at += record.length;
  });
  return {
    async scorer(text, stages) {
      const ids = new Set<string>();
      for (const mode of stages) {
        const answer = await client.search(collection, text, { mode, k: candidatesPerStage, requireFull: true });
        for (const { id } of answer.hits) ids.add(id);
      }
      const { tokens } = await calls.query(text);
      const found = [...ids].map((id) => present(places.get(id), 'the place of a candidate'));
      const documents: CodedDocuments = {
        offsets: BigUint64Array.from(found, ({ offset }) => offset),
        counts: Uint32Array.from(found, ({ count }) => count),
      };
      return () => {
        const query = prepareMaxSim(codec, tokens);
        return () => maxSimCodes(query, column, documents);
      };
    },
  };
}
