/**
 * How fast is lexical search alone? WordNet's glosses as token ids in one index, no cluster around it, one query at a time.
 *
 * qps = queries per second of their summed times; p99Us the nearest rank; bytesPerDocument = the index's files over documents that hold
 * nothing but an id and terms. A query is the first eight words of a gloss, k = 100.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../../client/cli/eval/metrics.js';
import { countTerms, type TermCounts } from '../../encoder-node/tokenizer/term-counts.js';
import type { TextTokenizer } from '../../encoder-node/tokenizer/tokenizer.js';
import type { IndexDocument, QueryTerms } from '../../vector-index/document.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { documentWeights, inverseDocumentFrequency } from '../../vector-index/sparse/bm25.js';
import { modelTokenizer } from '../model-tokenizer.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { glosses } from './support/workload.js';

export const benchmark: Benchmark = {
  name: 'sparse',
  summary: 'lexical search alone over the glosses of WordNet',
  options: [
    { flag: '--documents N', describe: 'glosses, commonest first', default: '117791' },
    { flag: '--queries N', describe: 'queries, evenly over the glosses', default: '2000' },
    { flag: '--k N', describe: 'documents wanted', default: '100' },
  ],
  run,
};

const subject = 'glosses';
const documentsPerRecord = 4_096;
const warmUpQueries = 20;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { options, smoke, progress } = context;
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-sparse-'));
  const index = await ShardIndex.open({
    directory,
    settings: { dim: 0, tokenDim: 0 },
    codecs: () => null,
    clock: context.clock,
    files: systemFiles,
  });
  try {
    const workload = await glosses(
      smoke ? 2_000 : Number(options['documents']),
      smoke ? 100 : Number(options['queries']),
    );
    const tokenizer = modelTokenizer();
    const terms = workload.documents.map(({ text }) => termsOf(tokenizer, text ?? ''));
    progress(`${terms.length} documents, ${workload.queries.length} queries`);
    await fill(index, terms);
    const queries = workload.queries.map((text) => weighted(index, termsOf(tokenizer, text)));
    return await measure(context, index, queries);
  } finally {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(
  { clock, options }: BenchmarkContext,
  index: ShardIndex,
  queries: readonly QueryTerms[],
): Promise<BenchmarkResult> {
  const k = Number(options['k']);
  for (const query of queries.slice(0, warmUpQueries)) await index.searchSparse(query, k);
  const times: number[] = [];
  const lines: string[] = [];
  for (const query of queries) {
    const beginMs = clock.monotonicMs();
    const { docIds } = await index.searchSparse(query, k);
    times.push(clock.monotonicMs() - beginMs);
    lines.push(docIds.join(' '));
  }
  const { diskBytes, documents } = index.statistics(new Uint32Array(0));
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  const row = {
    system: 'shoal',
    documents,
    queries: queries.length,
    qps: queries.length / seconds,
    p50Us: percentile(times, 0.5) * 1000,
    p99Us: percentile(times, 0.99) * 1000,
    bytesPerDocument: diskBytes / documents,
  };
  return { rows: [row], hash: hashOf(lines) };
}

/** Writes and seals documents that are terms only. */
async function fill(index: ShardIndex, terms: readonly TermCounts[]): Promise<void> {
  const averageLength = terms.reduce((sum, { total }) => sum + total, 0) / terms.length;
  const documents = terms.map((counted, number) => documentOf(counted, number, averageLength));
  for (let start = 0, sequence = 1n; start < documents.length; start += documentsPerRecord, sequence += 1n) {
    index.apply({ subject, sequence, timeMs: 0 }, { documents: documents.slice(start, start + documentsPerRecord) });
  }
  await index.seal();
  while (await index.maintain());
}

function documentOf({ termIds, counts, total }: TermCounts, number: number, averageLength: number): IndexDocument {
  return {
    docId: BigInt(number + 1),
    passage: 0,
    start: 0,
    end: 0,
    contentHash: 0n,
    home: 0,
    id: String(number),
    title: null,
    text: '',
    attributes: {},
    list: 0,
    dense: null,
    terms: termIds.length === 0 ? null : { termIds, weights: documentWeights(counts, total, averageLength) },
    tokens: null,
  };
}

function weighted(index: ShardIndex, { termIds, counts }: TermCounts): QueryTerms {
  const { documents, documentFrequencies } = index.statistics(termIds);
  const factors = counts.map((count, i) => count * inverseDocumentFrequency(documents, documentFrequencies[i] ?? 0));
  return { termIds, factors };
}

function termsOf(tokenizer: TextTokenizer, text: string): TermCounts {
  return countTerms(tokenizer.idsOf(text), tokenizer.specialIds);
}
