/**
 * How fast are 4-bit codes scanned, in cache and from memory, beside a plain sum of the same bytes?
 *
 * Lists of 1,000 vectors, dim 384 in 96 subquantizers (48 bytes and 4 of factors a vector), one thread, the best 100 unless said. Arms
 * are interleaved. nsPerCode = of the fastest repetition over vectors and queries, the query's table included; median beside it.
 * `scan` has a threshold from nowhere, `seeded` starts from the true 100th score, `filtered` lets one vector in ten count, `batch` is
 * eight queries together. sum = an AVX2 sum over the same bytes; ratioToSum = its time over an arm's, so 1 = as fast as reading.
 * With --peers faiss, FAISS's IndexPQFastScan of codes of the same size, in cache, takes turns with ours, single query; ratioToFaiss =
 * our time over FAISS's, both fastest. `table` and `second` are the times of a query's table and of a survivor's score by both codes, in ns;
 * `second even` is the latter of codebooks with even levels, as they were.
 *
 * The rows of `search` are one call over 1,024 lists of 115 vectors, a tenth of them with half blocks: nsEach = the whole call for 16 and
 * for 128 lists, the best 100 by the first code, 10 by both, and of that the call itself with one given list and no work (`call`), the
 * choice of lists and their biases (`coarse`), `table`, `scan` and `second`, each the difference to the stage before it. Every one is the
 * mean over 16 queries of the fastest of the repetitions.
 * `encode` is both codes of a vector, in batches of 256.
 */
import { seededRandom } from '../../base/random.js';
import {
  buildLookupTable,
  codeBytes,
  encodeSecond,
  firstSecondKind,
  listBytes,
  newestKind,
  packList,
  prepareSecond,
  recordBytes,
  scanLists,
  scoreSurvivors,
  secondKindOf,
  usualSecondBits,
  type BestVectors,
  type Codebook,
  type CodedVectors,
  type Lists,
  type LookupTable,
} from '../../kernels/codes.js';
import { sumBytes } from '../../kernels/kernels.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf, interleave, normalRows, type Times } from './measure.js';
import { openAdcPeer, type AdcPeer } from './support/adc-peer.js';
import { searchParts } from './support/search-parts.js';

export const benchmark: Benchmark = {
  name: 'adc-scan',
  summary: 'scan of 4-bit codes in cache and from memory against a plain sum',
  options: [
    { flag: '--dim', describe: 'values of a vector, four to a subquantizer', default: '384' },
    { flag: '--cached', describe: 'vectors of the run in cache', default: '100000' },
    { flag: '--uncached', describe: 'vectors of the run from memory', default: '4000000' },
    { flag: '--wanted', describe: 'best vectors of a query', default: '100' },
    { flag: '--peers', describe: 'faiss, or nothing', default: '' },
    { flag: '--repetitions', describe: 'of each arm in cache; from memory a quarter', default: '60' },
  ],
  run,
};

const listSize = 1000;
const batchSize = 8;

interface Sizes {
  readonly dim: number;
  readonly wanted: number;
  readonly repetitions: number;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { options, smoke } = context;
  const sizes = {
    dim: Number(options['dim']),
    wanted: Number(options['wanted']),
    repetitions: Number(options['repetitions']),
  };
  const cached = await measure(
    context,
    { ...sizes, repetitions: smoke ? 3 : sizes.repetitions },
    {
      name: 'cache',
      vectors: smoke ? 20_000 : Number(options['cached']),
    },
  );
  const uncached = await measure(
    context,
    { ...sizes, repetitions: smoke ? 3 : sizes.repetitions >> 2 },
    {
      name: 'memory',
      vectors: smoke ? 40_000 : Number(options['uncached']),
    },
  );
  return {
    rows: [
      ...cached.rows,
      ...(await besideFaiss(context, sizes)),
      ...uncached.rows,
      ...(await smallParts(context, sizes)),
      ...searchParts(context, sizes),
    ],
    hash: hashOf([...cached.lines, ...uncached.lines]),
  };
}

/** Turns of FAISS and ours over as many codes of the same size; no rows unless --peers asks for them. */
async function besideFaiss(context: BenchmarkContext, sizes: Sizes): Promise<Record<string, unknown>[]> {
  if (context.options['peers'] !== 'faiss') return [];
  const vectors = context.smoke ? 20_000 : Number(context.options['cached']);
  const peer = await openAdcPeer({ dim: sizes.dim, vectors }, context.progress);
  return peer === null ? [] : await takeTurns(context, sizes, { peer, vectors });
}

async function takeTurns(
  { clock }: BenchmarkContext,
  sizes: Sizes,
  { peer, vectors }: { readonly peer: AdcPeer; readonly vectors: number },
): Promise<Record<string, unknown>[]> {
  const codebook = codebookOf(sizes.dim);
  const lists = listsFrom(codebook, randomCodes(codebook, vectors), 1);
  const queries = normalRows(seededRandom(2), batchSize, sizes.dim);
  const times: Record<'shoal' | 'faiss', number[]> = { shoal: [], faiss: [] };
  for (let turn = 0; turn < sizes.repetitions; turn++) {
    const micros = await peer.search(batchSize, sizes.wanted);
    times.faiss.push(...[...micros].map((each) => each / 1e3));
    for (let q = 0; q < batchSize; q++) {
      const begin = clock.monotonicMs();
      const table = buildLookupTable(codebook, queries.subarray(q * sizes.dim, (q + 1) * sizes.dim));
      const asked = { table, biases: new Float64Array(1), wanted: sizes.wanted, threshold: -Infinity };
      scanLists({ lists, live: null, filter: null, ids: null, queries: [asked] });
      times.shoal.push(clock.monotonicMs() - begin);
    }
  }
  peer.close();
  const [best, median] = [
    (of: number[]) => Math.min(...of),
    (of: number[]) => of.sort((a, b) => a - b)[of.length >> 1]!,
  ];
  return (['shoal', 'faiss'] as const).map((side) => ({
    system: side === 'faiss' ? `faiss ${peer.variant}` : 'cache single query',
    nsPerCode: (best(times[side]) * 1e6) / vectors,
    nsPerCodeMedian: (median(times[side]) * 1e6) / vectors,
    ratioToFaiss: best(times[side]) / best(times.faiss),
    ratioToFaissMedian: median(times[side]) / median(times.faiss),
  }));
}

interface Place {
  readonly name: string;
  readonly vectors: number;
}

async function measure(context: BenchmarkContext, sizes: Sizes, { name, vectors }: Place) {
  const codebook = codebookOf(sizes.dim);
  const lists = listsOf(codebook, Math.floor(vectors / listSize));
  const positions = lists.counts.length * listSize;
  context.progress(`${positions} vectors, ${(lists.codes.length / 1e6).toFixed(1)} MB of codes`);
  const queries = normalRows(seededRandom(2), batchSize, sizes.dim);
  const biases = new Float64Array(lists.counts.length);
  const filter = Uint8Array.from({ length: Math.ceil(positions / 8) }, (_, byte) =>
    byte % 5 === 0 ? 1 << (byte % 7) : 0,
  );
  const one = (q: number, threshold = -Infinity) => {
    const query = queries.subarray(q * sizes.dim, (q + 1) * sizes.dim);
    return { table: buildLookupTable(codebook, query), biases, wanted: sizes.wanted, threshold };
  };
  const scan = (from: number, to: number, rest: { threshold?: number; filter?: Uint8Array } = {}) => {
    const asked = Array.from({ length: to - from }, (_, i) => one(from + i, rest.threshold));
    return scanLists({ lists, live: null, filter: rest.filter ?? null, ids: null, queries: asked });
  };
  const [best] = scan(0, 1) as [BestVectors];
  const threshold = best.scores[best.scores.length - 1]!;
  const times = await interleave(context.clock, sizes.repetitions, {
    scan: () => scan(0, 1),
    seeded: () => scan(0, 1, { threshold }),
    filtered: () => scan(0, 1, { filter }),
    batch: () => scan(0, batchSize),
    sum: () => sumBytes(lists.codes),
  });
  const rows = Object.entries(times).map(([system, own]) => {
    const asked = positions * (system === 'batch' ? batchSize : 1);
    return rowOf(`${name} ${system}`, own, { asked, bytes: lists.codes.length, sum: times.sum });
  });
  return { rows, lines: [...best.positions].map((position, i) => `${name} ${position} ${best.scores[i]!}`) };
}

function rowOf(system: string, own: Times, of: { asked: number; bytes: number; sum: Times }) {
  return {
    system,
    nsPerCode: (own.bestMs * 1e6) / of.asked,
    nsPerCodeMedian: (own.medianMs * 1e6) / of.asked,
    gigabytesPerSecond: of.bytes / own.bestMs / 1e6,
    ratioToSum: of.sum.bestMs / own.bestMs,
    ratioToSumMedian: of.sum.medianMs / own.medianMs,
  };
}

/** A query's table and the score of a survivor, each done often enough to be timed. */
async function smallParts(context: BenchmarkContext, sizes: Sizes): Promise<Record<string, unknown>[]> {
  const codebook = codebookOf(sizes.dim);
  const query = normalRows(seededRandom(3), 1, sizes.dim);
  const vectors = context.smoke ? 1000 : 20_000;
  const coded = randomCodes(codebook, vectors);
  const lists = listsFrom(codebook, coded, 1);
  const table = buildLookupTable(codebook, query);
  const random = seededRandom(5);
  const positions = Uint32Array.from({ length: 1000 }, () => random.below(vectors));
  const survivors = { positions, lists: new Uint32Array(positions.length) };
  const [even, normal] = [firstSecondKind, newestKind(usualSecondBits)].map((secondKind) => {
    const records = recordsOf({ ...codebook, secondKind }, coded, vectors);
    const second = prepareSecond(table, query, secondKind);
    return () => scoreSurvivors(second, { lists, biases: new Float64Array(1), records, survivors });
  });
  const tables: LookupTable[] = [];
  const repetitions = context.smoke ? 3 : sizes.repetitions;
  const ofTables = await interleave(context.clock, repetitions, {
    table: () => {
      tables.length = 0;
      for (let i = 0; i < 1000; i++) tables.push(buildLookupTable(codebook, query));
    },
  });
  // Apart, so that either finds the caches as the other leaves them.
  const ofScores = await interleave(context.clock, repetitions, { second: normal!, 'second even': even! });
  return Object.entries({ ...ofTables, ...ofScores }).map(([system, { bestMs, medianMs }]) => ({
    system,
    nsEach: bestMs * 1e3,
    nsEachMedian: medianMs * 1e3,
  }));
}

function recordsOf(codebook: Codebook, coded: CodedVectors, vectors: number): Uint8Array {
  const points = normalRows(seededRandom(6), 64, codebook.subquantizers * codebook.dsub);
  const codes = coded.codes.subarray(0, 64 * codeBytes(codebook.subquantizers));
  const few = encodeSecond(codebook, points, { base: null, anchor: null, codes, factors: coded.factors });
  const size = recordBytes(codebook.subquantizers * codebook.dsub, secondKindOf(codebook));
  const records = new Uint8Array(vectors * size);
  for (let at = 0; at < records.length; at += few.length) records.set(few.subarray(0, records.length - at), at);
  return records;
}

function codebookOf(dim: number): Codebook {
  const words = normalRows(seededRandom(1), 16, dim);
  return { words, subquantizers: dim / 4, dsub: 4, rescale: 4 / 32_767, anchor: 1 / 32_767 };
}

/** Random codes; f near 1, t near 0, as they are. */
function randomCodes({ subquantizers }: Codebook, vectors: number): CodedVectors {
  const random = seededRandom(4);
  const codes = new Uint8Array(vectors * codeBytes(subquantizers));
  const words = new Uint32Array(codes.buffer, 0, codes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = random.below(2 ** 32);
  const factors = Int16Array.from({ length: 2 * vectors }, (_, i) => (i % 2 === 0 ? 8192 : 0) + random.below(1000));
  return { codes, factors };
}

function listsFrom(codebook: Codebook, coded: CodedVectors, count: number): Lists {
  const size = coded.factors.length / 2 / count;
  const bytes = listBytes(codebook.subquantizers, size);
  const codes = pages(bytes * count);
  const own = codeBytes(codebook.subquantizers);
  for (let list = 0; list < count; list++) {
    const rows = {
      codes: coded.codes.subarray(list * size * own, (list + 1) * size * own),
      factors: coded.factors.subarray(2 * list * size, 2 * (list + 1) * size),
    };
    codes.set(packList(codebook.subquantizers, rows), list * bytes);
  }
  return columnsOf(codes, { count, bytes, size });
}

interface WithMemory {
  readonly WebAssembly: { readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } };
}

/** Bytes that begin with a page, as those of a mapped file do: the memory of WebAssembly is the one kind that promises it. */
function pages(bytes: number): Uint8Array {
  const { WebAssembly } = globalThis as unknown as WithMemory;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) });
  return new Uint8Array(memory.buffer, 0, bytes);
}

/** Sixteen different lists, again and again. */
function listsOf(codebook: Codebook, count: number): Lists {
  const few = listsFrom(codebook, randomCodes(codebook, 16 * listSize), 16);
  const bytes = few.codes.length / 16;
  const codes = pages(bytes * count);
  for (let list = 0; list < count; list++) {
    const from = (list % 16) * bytes;
    codes.set(few.codes.subarray(from, from + bytes), list * bytes);
  }
  return columnsOf(codes, { count, bytes, size: listSize });
}

function columnsOf(codes: Uint8Array, { count, bytes, size }: { count: number; bytes: number; size: number }): Lists {
  return {
    codes,
    offsets: BigUint64Array.from({ length: count }, (_, list) => BigInt(list * bytes)),
    counts: new Uint32Array(count).fill(size),
    firsts: Uint32Array.from({ length: count }, (_, list) => list * size),
  };
}
