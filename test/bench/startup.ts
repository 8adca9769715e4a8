/**
 * How long until `shoal dev` serves, and how much memory does it hold? As a process of its own, on an empty data directory.
 *
 * readySeconds = from the start of the process to its line "ready", the median of three; megabytes are of memory that no file backs
 * (RssAnon of /proc/PID/status): before the first document, and after an import, a flush and every query. Linux only.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rssAnon } from '../../client/cli/eval/memory.js';
import { percentile } from '../../client/cli/eval/metrics.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import { startDev, type DevProcess } from '../dev-process.js';
import { importAll } from '../temporary-collection.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { datasetOption, workloadOf, type Workload } from './support/workload.js';

export const benchmark: Benchmark = {
  name: 'startup',
  summary: 'seconds until shoal dev serves, and its memory before and after an import',
  options: [datasetOption],
  run,
};

const collection = 'corpus';
const bounds = { readySeconds: 3, emptyMegabytes: 400, importedMegabytes: 700 };

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const workload = await workloadOf(context);
  const starts: number[] = [];
  for (let start = 1; start < (context.smoke ? 1 : 3); start++) {
    starts.push(await inProcess(context, async (_, readySeconds) => Promise.resolve(readySeconds)));
  }
  return inProcess(context, async ({ process, address }, readySeconds) => {
    const emptyMegabytes = await anonymousMegabytes(process);
    context.progress(`importing ${workload.documents.length} documents of ${workload.name}`);
    const client = connect({ address });
    const lines = await work(client, workload);
    const importedMegabytes = await anonymousMegabytes(process);
    await client.close();
    const measured = { readySeconds: percentile([...starts, readySeconds], 0.5), emptyMegabytes, importedMegabytes };
    const row = { system: 'shoal', documents: workload.documents.length, ...measured };
    return { rows: [{ ...row, withinBounds: isWithin(measured) }], hash: hashOf(lines) };
  });
}

interface Started {
  readonly process: DevProcess;
  readonly address: string;
}

/** Runs `use` against a fresh process, which ends with it. */
async function inProcess<T>(
  { clock }: BenchmarkContext,
  use: (started: Started, readySeconds: number) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-startup-'));
  try {
    const beginMs = clock.monotonicMs();
    const started = await startDev(['--port', '0', '--data', directory]);
    const readySeconds = (clock.monotonicMs() - beginMs) / 1000;
    try {
      return await use(started, readySeconds);
    } finally {
      await started.process.end('SIGTERM');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Import, flush, every query once; the hits. */
async function work(client: ShoalClient, { documents, queries }: Workload): Promise<string[]> {
  await client.collections.create(collection);
  await importAll(client, collection, documents);
  await client.cluster.flush(collection);
  const lines: string[] = [];
  for (const query of queries) {
    const { hits } = await client.search(collection, query, { requireFull: true, deadlineMs: 30_000 });
    lines.push(hits.map(({ id }) => id).join(' '));
  }
  return lines;
}

function isWithin(measured: typeof bounds): boolean {
  const { readySeconds, emptyMegabytes, importedMegabytes } = measured;
  return (
    readySeconds < bounds.readySeconds &&
    emptyMegabytes < bounds.emptyMegabytes &&
    importedMegabytes < bounds.importedMegabytes
  );
}

async function anonymousMegabytes({ pid }: DevProcess): Promise<number> {
  const bytes = rssAnon(await readFile(`/proc/${pid}/status`, 'utf8'));
  if (bytes === null) throw new Error('the system does not say how much anonymous memory a process has');
  return bytes / 1e6;
}
