/**
 * What does a filter cost, or save, in an exact dense search?
 *
 * One sealed segment of documents with 384 dimensions and an attribute `key` of 10,000 evenly spread values, so that a range of it
 * lets through any share of the documents, scattered over all rows. Arms, interleaved: `unfiltered`, and for each share a search whose
 * filter was never asked before (`fresh`: the range begins elsewhere each time) and one that was (`repeated`). ratio = time / time of
 * `unfiltered`, both of the fastest repetition; the medians' beside it. A filter is to cost at most 1.3 times, and to save below 1 %.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../base/random.js';
import type { IndexDocument } from '../../vector-index/document.js';
import type { RowFilter } from '../../vector-index/filter/row-filter.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf, interleave, normalRows, type Times } from './measure.js';

export const benchmark: Benchmark = {
  name: 'filter',
  summary: 'filtered dense search at selectivities from 0.01 to 100 % against the same search without a filter',
  options: [
    { flag: '--documents', describe: 'documents of the index', default: '200000' },
    { flag: '--repetitions', describe: 'of each arm', default: '31' },
    { flag: '--k', describe: 'candidates of a search', default: '100' },
  ],
  run,
};

const dim = 384;
const keys = 10_000;
const shares = [0.0001, 0.001, 0.005, 0.0099, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.99, 1];
const batch = 4_096;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-filter-'));
  try {
    const settings = { dim, tokenDim: 8 };
    const { clock } = context;
    const index = await ShardIndex.open({ directory, settings, codecs: () => null, clock, files: systemFiles });
    try {
      return await measure(context, index);
    } finally {
      await index.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(context: BenchmarkContext, index: ShardIndex): Promise<BenchmarkResult> {
  const documents = context.smoke ? 4_000 : Number(context.options['documents']);
  context.progress(`indexing ${documents} documents of ${dim} dimensions`);
  await fill(index, documents);
  const query = normalRows(seededRandom(2), 1, dim);
  const k = Number(context.options['k']);
  const search = async (filter: RowFilter | null): Promise<string> => {
    const { dense, matching } = await index.scan({ dense: query, sparse: null, k, selection: { filter, lists: null } });
    return `${matching} ${dense!.docIds.join(' ')}`;
  };
  const begins = seededRandom(3);
  const arms: Record<string, () => Promise<string>> = { unfiltered: () => search(null) };
  for (const share of shares) {
    arms[`fresh ${share}`] = () => search(rangeFrom(begins.below(keys), share));
    arms[`repeated ${share}`] = () => search(rangeFrom(0, share));
  }
  const answers = [await search(null)];
  for (const share of shares) answers.push(await search(rangeFrom(0, share)));
  const times = await interleave(context.clock, context.smoke ? 3 : Number(context.options['repetitions']), arms);
  return {
    rows: Object.entries(times).map(([arm, time]) => rowOf(arm, time, times['unfiltered']!)),
    hash: hashOf(answers),
  };
}

function rowOf(arm: string, { bestMs, medianMs }: Times, unfiltered: Times): Record<string, unknown> {
  const [system, share = '1'] = arm.split(' ');
  const ratio = bestMs / unfiltered.bestMs;
  return { system, share: Number(share), ratio, ratioMedian: medianMs / unfiltered.medianMs, bestMs, medianMs };
}

/** Lets `share` of all documents through: those with a key from `begin` on, around the end to the beginning. */
function rangeFrom(begin: number, share: number): RowFilter {
  const end = begin + Math.max(1, Math.round(share * keys));
  const compare = { kind: 'compare', attribute: 'key', type: 'int64', isList: false } as const;
  const from: RowFilter = { ...compare, comparator: 'greaterEqual', values: [BigInt(begin)] };
  const to: RowFilter = { ...compare, comparator: 'less', values: [BigInt(end % keys)] };
  return { kind: end > keys ? 'any' : 'all', of: end === keys ? [from] : [from, to] };
}

async function fill(index: ShardIndex, documents: number): Promise<void> {
  const random = seededRandom(1);
  const distinct = normalRows(random, Math.min(documents, batch), dim);
  for (let first = 0; first < documents; first += batch) {
    const count = Math.min(batch, documents - first);
    const sequence = BigInt(first / batch + 1);
    const made = Array.from({ length: count }, (_, at) => documentOf(random, first + at, distinct));
    index.apply({ subject: 'bench', sequence, timeMs: 0 }, { documents: made });
  }
  await index.seal();
}

/** Documents share vectors but for one value: making a million of them anew would take longer than all searches. */
function documentOf(random: Random, number: number, distinct: Float32Array): IndexDocument {
  const from = (number % (distinct.length / dim)) * dim;
  const dense = distinct.slice(from, from + dim);
  dense[0] = random.normal() / 16;
  const plain = {
    passage: 0,
    start: 0,
    end: 0,
    contentHash: 0n,
    list: 0,
    home: 0,
    title: null,
    terms: null,
    tokens: null,
  };
  const attributes = { key: BigInt(random.below(keys)) };
  return { ...plain, docId: BigInt(number + 1), id: `d${number}`, text: '', attributes, dense };
}
