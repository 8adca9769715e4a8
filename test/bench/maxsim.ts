/**
 * How many documents a millisecond does MaxSim score on one thread, over codes of 1, 2 and 4 bits, half-precision and float32 rows?
 *
 * One query of 32 tokens against documents of 70, five dimensions and 1,024 centroids unless said. Arms of a dimension interleaved;
 * docsPerMs* are of the fastest repetition, medians beside them. Hot = the same few documents again and again, out of the cache; random = documents
 * in random order out of a collection larger than the cache. ratioToF32* = documents per ms over those of the float32 rows in the same
 * run. Preparing the query is timed apart (prepareMs).
 *
 * With --peers fast-plaid, which brings PyTorch (5 GB): rows on data of its own beside it, support/maxsim-peer.ts says how.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../base/random.js';
import {
  maxSimCodes,
  maxSimCodesExact,
  maxSimRows,
  prepareMaxSim,
  toFloat16,
  type CodedDocuments,
  type MaxSimTables,
} from '../../kernels/kernels.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf, interleave, normalRows, type Times } from './measure.js';
import { besidePeer, maxSimPeer } from './support/maxsim-peer.js';
import { UsageError } from './text.js';

export const benchmark: Benchmark = {
  name: 'maxsim',
  summary: 'MaxSim over token codes against float32 and half-precision rows',
  options: [
    { flag: '--dims', describe: 'values of a token, several with commas', default: '64,96,128,384,1024' },
    { flag: '--query-tokens', describe: 'tokens of the query', default: '32' },
    { flag: '--document-tokens', describe: 'tokens of a document', default: '70' },
    { flag: '--centroids', describe: 'of the codec', default: '1024' },
    { flag: '--megabytes', describe: 'size of the float32 rows', default: '512' },
    { flag: '--repetitions', describe: 'of each arm', default: '9' },
    { flag: '--peers', describe: `${maxSimPeer}, which is installed where it is missing (5 GB)`, default: '' },
  ],
  run,
};

interface Sizes {
  readonly dim: number;
  readonly queryTokens: number;
  readonly tokens: number;
  readonly centroids: number;
  readonly documents: number;
  readonly repetitions: number;
}

const hotDocuments = 4;
const peerDim = 128;
const randomPicks = 8;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const peers = String(context.options['peers']);
  if (peers !== '' && peers !== maxSimPeer) throw new UsageError(`no peer is named ${peers}; there is ${maxSimPeer}`);
  const rows: Record<string, unknown>[] = [];
  const lines: string[] = [];
  for (const dim of String(context.options['dims']).split(',')) {
    const measured = await measureDim(context, sizesOf(context, Number(dim)));
    rows.push(...measured.rows);
    lines.push(...measured.lines);
  }
  if (peers !== '' && !context.smoke) rows.push(...(await rowsBesidePeer(context)));
  return { rows, hash: hashOf(lines) };
}

/** The size of the collection is bounded by the peer, which needs a minute of one thread to index 100,000 tokens. */
async function rowsBesidePeer(context: BenchmarkContext): Promise<Record<string, unknown>[]> {
  const { queryTokens, tokens, centroids } = sizesOf(context, peerDim);
  const sizes = { dim: peerDim, tokens, queryTokens, centroids, documents: 3_000, candidates: 500, queries: 20 };
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-maxsim-'));
  try {
    return await besidePeer(context, { ...sizes, repetitions: 3 }, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureDim(
  context: BenchmarkContext,
  sizes: Sizes,
): Promise<{ rows: Record<string, unknown>[]; lines: string[] }> {
  context.progress(`${sizes.documents} documents of ${sizes.tokens} tokens, dim ${sizes.dim}`);
  const query = normalRows(seededRandom(1), sizes.queryTokens, sizes.dim);
  const arms = [...rowArms(sizes, query), ...[1, 2, 4].flatMap((bits) => codeArms(sizes, query, bits))];
  const hot = pick(seededRandom(2), sizes, (n) => n % hotDocuments);
  // Other documents every time: the same few hundred would be in the cache the second time.
  const generator = seededRandom(2);
  const picks = Array.from({ length: randomPicks }, () => pick(generator, sizes, (_, below) => below));
  const work: Record<string, () => unknown> = {};
  for (const arm of arms) {
    work[`${arm.name} hot`] = () => arm.score(hot);
    let turn = 0;
    work[`${arm.name} random`] = () => arm.score(picks[turn++ % randomPicks]!);
    if (arm.prepare !== undefined) work[`${arm.name} prepare`] = arm.prepare;
  }
  const times = await interleave(context.clock, sizes.repetitions, work);
  const lines: string[] = [];
  for (const arm of arms) {
    const scores = await arm.score(hot.subarray(0, hotDocuments));
    lines.push(`${arm.name} ${[...scores].map((score) => score.toFixed(2)).join(' ')}`);
  }
  return { rows: arms.map((arm) => rowOf(arm, times, hot.length)), lines };
}

interface Arm {
  readonly name: string;
  readonly system: string;
  readonly bits: number;
  readonly dim: number;
  score(documents: Uint32Array): Promise<Float32Array>;
  readonly prepare?: () => unknown;
}

function rowOf(arm: Arm, times: Record<string, Times>, count: number): Record<string, unknown> {
  const of = (name: string, kind: string): Times => times[`${name} ${kind}`]!;
  return {
    system: arm.system,
    bits: arm.bits,
    dim: arm.dim,
    docsPerMsHot: count / of(arm.name, 'hot').bestMs,
    docsPerMsRandom: count / of(arm.name, 'random').bestMs,
    docsPerMsHotMedian: count / of(arm.name, 'hot').medianMs,
    docsPerMsRandomMedian: count / of(arm.name, 'random').medianMs,
    ratioToF32Hot: of('rows 32', 'hot').bestMs / of(arm.name, 'hot').bestMs,
    ratioToF32Random: of('rows 32', 'random').bestMs / of(arm.name, 'random').bestMs,
    ...(arm.prepare === undefined ? {} : { prepareMs: of(arm.name, 'prepare').bestMs }),
  };
}

function rowArms(sizes: Sizes, query: Float32Array): Arm[] {
  const { dim, tokens, documents } = sizes;
  const distinct = normalRows(seededRandom(3), Math.min(documents, 64) * tokens, dim);
  const floats = new Float32Array(documents * tokens * dim);
  for (let at = 0; at < floats.length; at += distinct.length) {
    floats.set(distinct.subarray(0, Math.min(distinct.length, floats.length - at)), at);
  }
  const halves = toFloat16(floats);
  const where = (chosen: Uint32Array) => ({
    offsets: Float64Array.from(chosen, (document) => document * tokens),
    counts: new Uint32Array(chosen.length).fill(tokens),
  });
  const of = { rows: query, dim };
  return [
    { name: 'rows 32', system: 'shoal-rows', bits: 32, dim, score: (d) => maxSimRows(of, floats, where(d)) },
    { name: 'rows 16', system: 'shoal-rows', bits: 16, dim, score: (d) => maxSimRows(of, halves, where(d)) },
  ];
}

function codeArms(sizes: Sizes, query: Float32Array, bits: number): Arm[] {
  const { dim, tokens } = sizes;
  const random = seededRandom(4 + bits);
  const tables: MaxSimTables = {
    centroids: normalRows(random, sizes.centroids, dim),
    weights: Float32Array.from(
      { length: 1 << bits },
      (_, b) => (2 * b + 1 - (1 << bits)) / (1 << bits) / Math.sqrt(dim),
    ),
    nbits: bits,
    dim,
  };
  const column = randomRecords(random, sizes, bits);
  const size = tokens * (4 + (dim * bits) / 8);
  const where = (chosen: Uint32Array): CodedDocuments => ({
    offsets: BigUint64Array.from(chosen, (document) => BigInt(document * size)),
    counts: new Uint32Array(chosen.length).fill(tokens),
  });
  const prepared = prepareMaxSim(tables, query);
  return [
    {
      name: `codes ${bits}`,
      system: 'shoal-codes',
      bits,
      dim,
      score: (d) => maxSimCodes(prepared, column, where(d)),
      prepare: () => prepareMaxSim(tables, query),
    },
    {
      name: `exact ${bits}`,
      system: 'shoal-codes-exact',
      bits,
      dim,
      score: (d) => maxSimCodesExact(prepared, column, where(d)),
    },
  ];
}

function randomRecords(random: Random, sizes: Sizes, bits: number): Uint8Array {
  const { dim, tokens, documents, centroids } = sizes;
  const size = tokens * (4 + (dim * bits) / 8);
  const column = new Uint8Array(documents * size);
  const words = new Uint32Array(column.buffer, 0, column.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = random.below(2 ** 32);
  const view = new DataView(column.buffer);
  const inverseNorm = toFloat16(Float32Array.of(0.85))[0]!;
  for (let document = 0; document < documents; document++) {
    for (let t = 0; t < tokens; t++) {
      view.setUint16(document * size + 2 * t, random.below(centroids), true);
      view.setUint16(document * size + 2 * (tokens + t), inverseNorm, true);
    }
  }
  return column;
}

function pick(random: Random, sizes: Sizes, choose: (n: number, below: number) => number): Uint32Array {
  const count = Math.min(sizes.documents, 500);
  return Uint32Array.from({ length: count }, (_, n) => choose(n, random.below(sizes.documents)));
}

function sizesOf({ options, smoke }: BenchmarkContext, dim: number): Sizes {
  const tokens = Number(options['document-tokens']);
  const megabytes = smoke ? 16 : Number(options['megabytes']);
  return {
    dim,
    tokens,
    queryTokens: Number(options['query-tokens']),
    centroids: Number(options['centroids']),
    documents: Math.max(hotDocuments, Math.floor((megabytes * 1e6) / (4 * dim * tokens))),
    repetitions: smoke ? 3 : Number(options['repetitions']),
  };
}
