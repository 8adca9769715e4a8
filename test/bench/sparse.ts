/**
 * How fast is lexical search alone? Documents as token ids in one index, no cluster around it, one query at a time.
 *
 * Shoal's search, the same by two plain kernels, and bm25s (with the same tokens) take turns. qps = queries per second of their
 * summed times, each the best of three; p99Us the nearest rank; bytesPerDocument = the index's files over documents that hold nothing
 * but an id and terms, for bm25s its matrix; inCommon = share of Shoal's hits that the system finds, too: 1 for the same answers. A short
 * query is the first eight words of a gloss, or one of the collection's; a long one is four of them. k = 100.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
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
import { openExhaustive } from './support/sparse/exhaustive.js';
import { installPeers, PeerProcess } from './support/ann/peer-process.js';
import { glosses, workloadOf, type Workload } from './support/workload.js';

export const benchmark: Benchmark = {
  name: 'sparse',
  summary: 'lexical search alone, beside two plain kernels and beside bm25s',
  options: [
    { flag: '--documents N', describe: 'glosses, commonest first', default: '117791' },
    { flag: '--queries N', describe: 'queries, evenly over the glosses', default: '2000' },
    { flag: '--k N', describe: 'documents wanted', default: '100' },
    {
      flag: '--dataset NAME',
      describe: 'glosses, or a BEIR folder, or the name of one in ../shared/data',
      default: 'glosses',
    },
    { flag: '--peers NAME', describe: 'bm25s, which is installed where it is missing', default: '' },
  ],
  run,
};

const subject = 'glosses';
const documentsPerRecord = 4_096;
const repetitions = 3;

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
  const closing: { close(): void }[] = [];
  try {
    const workload = await workloadFor(context);
    const tokenizer = modelTokenizer();
    const terms = workload.documents.map(({ title, text }) => termsOf(tokenizer, `${title ?? ''} ${text ?? ''}`));
    progress(`${terms.length} documents, ${workload.queries.length} queries`);
    await fill(index, terms);
    const short = workload.queries.map((text) => termsOf(tokenizer, text));
    const long = joined(workload.queries).map((text) => termsOf(tokenizer, text));
    const exhaustive = openExhaustive(directory);
    closing.push(exhaustive);
    const k = Number(options['k']);
    const bytesPerDocument = index.statistics(new Uint32Array(0)).diskBytes / terms.length;
    const arms: Arm[] = [
      {
        system: 'shoal',
        bytesPerDocument,
        run: (set) => timed(context.clock, set, async (query) => (await index.searchSparse(query, k)).docIds),
      },
      {
        system: 'shoal, plain kernels',
        bytesPerDocument,
        run: (set) => timed(context.clock, set, (query) => exhaustive.search(query, k)),
      },
    ];
    const peer = options['peers'] === 'bm25s' && !smoke ? await openPeer(terms, directory, context) : null;
    if (peer !== null) closing.push(peer);
    return await measure(context, peer === null ? arms : [...arms, peer], querySets(index, short, long));
  } finally {
    for (const each of closing) each.close();
    await index.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function workloadFor(context: BenchmarkContext): Promise<Workload> {
  const { options, smoke } = context;
  if (smoke) return glosses(2_000, 100);
  if (options['dataset'] === 'glosses') return glosses(Number(options['documents']), Number(options['queries']));
  return workloadOf(context);
}

/** Every four queries as one. */
function joined(queries: readonly string[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at + 4 <= queries.length; at += 4) texts.push(queries.slice(at, at + 4).join(' '));
  return texts;
}

interface QuerySet {
  readonly name: string;
  readonly asked: readonly TermCounts[];
  readonly queries: readonly QueryTerms[];
}

interface Arm {
  readonly system: string;
  readonly bytesPerDocument: number;
  /** Answers and microseconds of every query, asked one by one. */
  run(set: QuerySet): Promise<{ answers: string[]; micros: number[] }>;
}

/** Short queries are the first words of a gloss or the collection's own; long ones four of them together. */
function querySets(index: ShardIndex, short: readonly TermCounts[], long: readonly TermCounts[]): QuerySet[] {
  const setOf = (name: string, asked: readonly TermCounts[]): QuerySet => ({
    name,
    asked,
    queries: asked.map((counts) => weighted(index, counts)),
  });
  return [setOf('short', short), setOf('long', long)];
}

async function measure(
  context: BenchmarkContext,
  arms: readonly Arm[],
  sets: readonly QuerySet[],
): Promise<BenchmarkResult> {
  const lines: string[] = [];
  const rows: Record<string, unknown>[] = [];
  for (const set of sets) {
    const best = arms.map(() => new Array<number>(set.queries.length).fill(Infinity));
    const answers: string[][] = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const [at, arm] of arms.entries()) {
        const run = await arm.run(set);
        answers[at] = run.answers;
        run.micros.forEach((micros, query) => (best[at]![query] = Math.min(best[at]![query]!, micros)));
      }
      context.progress(`${set.name}: repetition ${repetition + 1} of ${repetitions}`);
    }
    const right = answers[0]!;
    lines.push(...right);
    for (const [at, arm] of arms.entries()) rows.push(rowOf(arm, set, best[at]!, shareInCommon(right, answers[at]!)));
  }
  return { rows, hash: hashOf(lines) };
}

function rowOf(arm: Arm, set: QuerySet, micros: readonly number[], inCommon: number): Record<string, unknown> {
  const { system, bytesPerDocument } = arm;
  const total = micros.reduce((sum, time) => sum + time, 0);
  const times = { qps: (1e6 * micros.length) / total, p50Us: percentile(micros, 0.5), p99Us: percentile(micros, 0.99) };
  return { system, querySet: set.name, queries: micros.length, ...times, bytesPerDocument, inCommon };
}

/** Share of the hits of `right` that `others` have too. */
function shareInCommon(right: readonly string[], others: readonly string[]): number {
  let common = 0;
  let all = 0;
  for (const [at, line] of right.entries()) {
    const hits = line === '' ? [] : line.split(' ');
    const theirs = new Set((others[at] ?? '').split(' '));
    all += hits.length;
    common += hits.filter((hit) => theirs.has(hit)).length;
  }
  return all === 0 ? 1 : common / all;
}

async function timed(
  clock: Clock,
  { queries }: QuerySet,
  search: (query: QueryTerms) => BigUint64Array | Promise<BigUint64Array>,
): Promise<{ answers: string[]; micros: number[] }> {
  const answers: string[] = [];
  const micros: number[] = [];
  for (const query of queries) {
    const beginMs = clock.monotonicMs();
    const docIds = await search(query);
    micros.push(1000 * (clock.monotonicMs() - beginMs));
    answers.push(docIds.join(' '));
  }
  return { answers, micros };
}

/** bm25s with the same tokens; null, with the reason told, where it is not to be had. */
async function openPeer(
  terms: readonly TermCounts[],
  folder: string,
  context: BenchmarkContext,
): Promise<(Arm & { close(): void }) | null> {
  const { python, absent } = installPeers(['bm25s']);
  const why = absent.get('bm25s');
  if (why !== undefined) {
    context.progress(`bm25s is absent: ${why}`);
    return null;
  }
  const documents = join(folder, 'tokens.json');
  await writeFile(documents, JSON.stringify(terms.map(tokensOf)));
  const peer = new PeerProcess(python, 'bm25s');
  const { bytesPerDocument } = await peer.ask<{ bytesPerDocument: number }>('open', { documents, k1: 0.9, b: 0.4 });
  const k = Number(context.options['k']);
  return {
    system: 'bm25s',
    bytesPerDocument,
    close: () => peer.close(),
    async run({ asked }) {
      const queries = asked.map(tokensOf);
      const { rows, micros } = await peer.ask<{ rows: number[][]; micros: number[] }>('search', { queries, k });
      return { answers: rows.map((found) => found.map((row) => row + 1).join(' ')), micros };
    },
  };
}

/** The token ids of a text, each as often as it occurs. */
function tokensOf({ termIds, counts }: TermCounts): number[] {
  return Array.from(termIds).flatMap((termId, at) => new Array<number>(counts[at]!).fill(termId));
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
