/** What one search of lists costs and where the time goes, and what coding a vector costs. */
import { seededRandom } from '../../../base/random.js';
import { alignedBytes } from '../../../kernels/aligned-bytes.js';
import {
  encodeBatch,
  listBytes,
  newestKind,
  packList,
  usualSecondBits,
  type Codebook,
  type CodedVectors,
  type Lists,
} from '../../../kernels/codes.js';
import {
  coarseTable,
  openSearcher,
  type ListSearcher,
  type SearchRequest,
  type SearchScratch,
  type SearchStage,
} from '../../../kernels/list-search.js';
import type { BenchmarkContext } from '../benchmark.js';
import { normalRows } from '../measure.js';

const listCount = 1024;
const queryCount = 16;
const batchSize = 256;

interface Sizes {
  readonly dim: number;
  readonly repetitions: number;
}

/** Rows of the call, its parts, and the encoder. */
export function searchParts(context: BenchmarkContext, sizes: Sizes): Record<string, unknown>[] {
  const repetitions = context.smoke ? 2 : sizes.repetitions * 4;
  const index = indexOf(sizes.dim, context.smoke ? 20 : 115);
  const scratch = index.searcher.scratch({ queries: 1, nprobe: 256, wanted: 100, k: 10 });
  const rows = [16, 128].flatMap((nprobe) => partsOf(context, { ...index, scratch, repetitions, nprobe }));
  index.searcher.close();
  return [...rows, encoding(context, index, repetitions)];
}

interface Index {
  readonly searcher: ListSearcher;
  readonly codebook: Codebook;
  readonly bases: Float32Array;
  readonly dim: number;
}

interface Runs extends Index {
  readonly scratch: SearchScratch;
  readonly repetitions: number;
  readonly nprobe: number;
}

function partsOf(context: BenchmarkContext, runs: Runs): Record<string, unknown>[] {
  const { nprobe } = runs;
  const given = { ...requestOf(nprobe, 'coarse'), nprobe: 1, candidates: 0 };
  const names = ['call', 'coarse', 'table', 'scan', 'second'] as const;
  const requests = [given, ...(['coarse', 'table', 'first', 'second'] as const).map((last) => requestOf(nprobe, last))];
  const totals = fastest(context, runs, requests);
  const row = (name: string, nsEach: number) => ({ system: `search ${nprobe} lists ${name}`, nsEach });
  const parts = names.map((name, i) => row(name, totals[i]! - (i === 0 ? 0 : totals[i - 1]!)));
  return [row('whole', totals[4]!), ...parts];
}

function requestOf(nprobe: number, last: SearchStage): SearchRequest {
  return {
    ...{ queries: 1, nprobe, candidates: nprobe + (nprobe >> 2), hasBiases: false },
    ...{ wanted: 100, refined: 36, k: 10, threshold: -Infinity, last },
  };
}

/** Nanoseconds of each request, the fastest of the repetitions, the mean over queries; requests take turns. */
function fastest({ clock }: BenchmarkContext, runs: Runs, requests: readonly SearchRequest[]): number[] {
  const { searcher, scratch, repetitions, dim } = runs;
  const queries = normalRows(seededRandom(2), queryCount, dim);
  const sums = requests.map(() => 0);
  for (let q = 0; q < queryCount; q++) {
    const best = requests.map(() => Infinity);
    for (let r = 0; r < repetitions; r++) {
      requests.forEach((request, i) => {
        const begin = clock.monotonicMs();
        scratch.queries.set(queries.subarray(q * dim, (q + 1) * dim));
        searcher.search(scratch, request);
        best[i] = Math.min(best[i]!, clock.monotonicMs() - begin);
      });
    }
    best.forEach((ms, i) => (sums[i]! += ms));
  }
  return sums.map((ms) => (ms * 1e6) / queryCount);
}

function encoding(
  { clock }: BenchmarkContext,
  { codebook, bases, dim }: Index,
  repetitions: number,
): Record<string, unknown> {
  const points = normalRows(seededRandom(6), batchSize, dim);
  const lists = Uint32Array.from({ length: batchSize }, (_, v) => v * 4);
  let best = Infinity;
  for (let r = 0; r < repetitions; r++) {
    const begin = clock.monotonicMs();
    encodeBatch({ codebook, points, dim, lists, bases, anchors: bases, hasRecords: true });
    best = Math.min(best, clock.monotonicMs() - begin);
  }
  return { system: 'encode', nsEach: (best * 1e6) / batchSize };
}

/** Lists near their bases, which are their centroids: a query finds its best early, as it does in vectors that mean something. */
function indexOf(dim: number, listSize: number): Index {
  const codebook = {
    words: normalRows(seededRandom(1), 16, dim).map((word) => word / 2),
    ...{ subquantizers: dim / 4, dsub: 4, rescale: 4 / 32_767, anchor: 1 / 32_767 },
    secondKind: newestKind(usualSecondBits),
  };
  const bases = normalRows(seededRandom(9), listCount, dim);
  const noise = normalRows(seededRandom(10), 4096, dim);
  const counts = Uint32Array.from({ length: listCount }, (_, list) => listSize - (list % 10 === 0 ? 20 : 0));
  const coded = Array.from(counts, (count, list) => {
    const from = (list * 997) % (4096 - count);
    const points = noise.slice(from * dim, (from + count) * dim);
    for (let i = 0; i < points.length; i++) points[i]! += bases[list * dim + (i % dim)]!;
    const lists = new Uint32Array(count).fill(list);
    return encodeBatch({ codebook, points, dim, lists, bases, anchors: bases, hasRecords: true });
  });
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const column = {
    lists: listsOf(codebook, coded, counts),
    ids: BigUint64Array.from({ length: rows }, (_, row) => BigInt(row)),
    records: joined(coded.map(({ records }) => records ?? new Uint8Array(0))),
    live: null,
  };
  const options = { codebook, dim, lists: listCount, bases, coarse: coarseTable(bases, dim) };
  return { searcher: openSearcher({ ...options, columns: [column] }), codebook, bases, dim };
}

function listsOf({ subquantizers }: Codebook, coded: readonly CodedVectors[], counts: Uint32Array): Lists {
  const offsets = new BigUint64Array(counts.length);
  const firsts = new Uint32Array(counts.length);
  for (let list = 1; list < counts.length; list++) {
    offsets[list] = offsets[list - 1]! + BigInt(listBytes(subquantizers, counts[list - 1]!));
    firsts[list] = firsts[list - 1]! + counts[list - 1]!;
  }
  return { codes: joined(coded.map((own) => packList(subquantizers, own))), offsets, counts, firsts };
}

/** All bytes of `parts`, one after the other, in an array of their own that begins a cache line, as columns of segments do. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = alignedBytes(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
