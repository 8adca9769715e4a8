/**
 * What heads are worth: nDCG@10 on judged collections, of each representation alone and together.
 *
 * Multi-vector scores are MaxSim over the dense best hundred; together, candidates are these and the best fifty by words.
 */
import { present } from '../../../base/assert.js';
import { toFloat32 } from '../../../kernels/kernels.js';
import { trainCodec } from '../../../models/build/codec.js';
import { evenHead, type MultiHead } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { ranked } from './collections.js';
import { readSet, rowDim } from './encoded.js';
import { openProducts } from './fast-products.js';
import { agreement, fused, scaled, spreadUnits, stages, type FusionWeights, type StageScores } from './fusion.js';
import { readMultiHead, readSparseHead, writeSparseHead, type TrainedSparseHead } from './head-files.js';
import { countOf, quality, readJudged, reordered, type Judged } from './judged.js';
import { asTheyAre, byHead, byIdf, codedScores, mappedSet, multiScores } from './multi-quality.js';
import { printReport, type ReportColumns } from './print-report.js';
import { sparseScores } from './sparse-quality.js';
import { readStart } from './start.js';

export interface ReportOptions {
  readonly data: string;
  readonly split: string;
  readonly collections: readonly string[];
  /** `sparse`, or with `multi` all rows of the table. */
  readonly heads: readonly string[];
  /** Of the three in units of their spreads. */
  readonly weights: FusionWeights;
  readonly isJson: boolean;
}

/** Candidates by the dense vector, by words, and documents whose rows train the codec. */
const denseCandidates = 100;
const sparseCandidates = 50;
const codecDocuments = 700;
const seed = 7;
const bm25Row = 'BM25';
const sparseRow = 'sparse head';

interface WordHead {
  readonly sparse: TrainedSparseHead;
  readonly products: Products;
}

interface Heads extends WordHead {
  readonly multi: MultiHead;
  readonly start: MultiHead;
  readonly codec: TokenCodec;
}

/** Prints a table over `collections`, and each figure as soon as it is there. Wants the sets and the heads in `cache`. */
export async function report(cache: string, options: ReportOptions): Promise<void> {
  const { data, split, collections, weights, isJson } = options;
  const words = { sparse: await readSparseHead(cache), products: await openProducts(1) };
  const heads = options.heads.includes('multi') ? await readHeads(cache, words) : null;
  const columns: ReportColumns = new Map();
  for (const name of collections) {
    const judged = await readJudged(name, split, { cache, data }, words.products);
    const found = heads === null ? judgeWords(judged, words).rows : await judge(judged, heads, weights);
    for (const [row, score] of Object.entries(found)) {
      columns.set(row, [...(columns.get(row) ?? []), score]);
      process.stderr.write(`${name.padEnd(10)} ${row.padEnd(44)} ${score.toFixed(4)}\n`);
    }
  }
  printReport(columns, collections, isJson);
  const figure = (row: string, i: number): number => Number(columns.get(row)?.[i]?.toFixed(4));
  const quality = collections.map(
    (name, i) => [name, { bm25: figure(bm25Row, i), head: figure(sparseRow, i) }] as const,
  );
  if (split === 'test') await writeSparseHead(cache, { ...words.sparse, quality: Object.fromEntries(quality) });
}

async function readHeads(cache: string, words: WordHead): Promise<Heads> {
  const multi = await readMultiHead(cache);
  const start = evenHead(rowDim, present(await readStart(cache, multi.dim), 'axes'));
  return { ...words, multi, start, codec: await codecFor(multi, cache, words.products) };
}

/** A codec of two bits for what `head` makes of documents that it was trained on. */
async function codecFor(head: MultiHead, cache: string, products: Products): Promise<TokenCodec> {
  const set = await readSet(cache, 'scifact.documents');
  const { starts } = set;
  const step = Math.floor((starts.length - 1) / codecDocuments);
  const chosen = Array.from({ length: codecDocuments }, (_, i) => i * step);
  const counts = chosen.map((d) => countOf(set, d));
  const { rows, dim } = await mappedSet(set, head.documents, products);
  const picked = new Float32Array(counts.reduce((sum, count) => sum + count, 0) * dim);
  let at = 0;
  for (const d of chosen) {
    const own = toFloat32(rows.slice(starts[d]! * dim, starts[d + 1]! * dim));
    picked.set(own, at);
    at += own.length;
  }
  return trainCodec(picked, {
    dim,
    counts,
    centroids: 256,
    nbits: 2,
    iterations: 8,
    seed,
    onProgress: () => undefined,
  });
}

async function judge(judged: Judged, heads: Heads, weights: FusionWeights): Promise<Record<string, number>> {
  const { products, multi } = heads;
  const tops = judged.dense.map((scores) => ranked(scores, denseCandidates));
  const rerank = (scores: readonly Float32Array[]): number =>
    quality(
      judged,
      tops.map((top, q) => reordered(top, scores[q]!)),
    );
  const raw = { rows: judged.documents.rows, dim: rowDim };
  const found: Record<string, number> = { dense: quality(judged, tops) };
  found['multi: raw 384-d, float16'] = rerank(await multiScores(judged, tops, raw, asTheyAre));
  found['multi: raw 384-d weighted by idf^½'] = rerank(await multiScores(judged, tops, raw, byIdf(judged, 0.5)));
  const start = await mappedSet(judged.documents, heads.start.documents, products);
  found[`multi: scaled PCA ${multi.dim}-d, float16`] = rerank(
    await multiScores(judged, tops, start, byHead(heads.start, products)),
  );
  const mapped = await mappedSet(judged.documents, multi.documents, products);
  found[`multi: head ${multi.dim}-d, float16`] = rerank(
    await multiScores(judged, tops, mapped, byHead(multi, products)),
  );
  return { ...found, ...(await judgeTogether(judged, heads, { weights, mapped, tops })) };
}

/** nDCG@10 by words alone, and for each asked query the head's score of every document. */
function judgeWords(
  judged: Judged,
  { sparse }: WordHead,
): { readonly rows: Record<string, number>; readonly scores: Float32Array[] } {
  const scores = sparseScores(judged, sparse);
  const byScores = (all: readonly Float32Array[]): number =>
    quality(
      judged,
      all.map((own) => ranked(own, 10)),
    );
  return { rows: { [bm25Row]: byScores(judged.lexical), [sparseRow]: byScores(scores) }, scores };
}

interface Together {
  readonly weights: FusionWeights;
  readonly mapped: Awaited<ReturnType<typeof mappedSet>>;
  readonly tops: readonly (readonly number[])[];
}

async function judgeTogether(
  judged: Judged,
  heads: Heads,
  { weights, mapped, tops }: Together,
): Promise<Record<string, number>> {
  const { products, multi, codec } = heads;
  const { rows, scores: words } = judgeWords(judged, heads);
  const union = tops.map((top, q) => [...new Set([...top, ...ranked(words[q]!, sparseCandidates)])]);
  const asking = byHead(multi, products);
  const coded = await codedScores(judged, union, { ...mapped, codec }, asking);
  const alone = tops.map((top, q) => reordered(top, coded.scores[q]!.subarray(0, top.length)));
  const scores: StageScores = {
    dense: union.map((own, q) => Float32Array.from(own, (d) => judged.dense[q]![d]!)),
    sparse: union.map((own, q) => Float32Array.from(own, (d) => words[q]![d]!)),
    multi: coded.scores,
  };
  const units = spreadUnits(scores);
  const trust = agreement(scores);
  const ofUnion = (together: readonly Float32Array[]): number =>
    quality(
      judged,
      union.map((own, q) => reordered(own, together[q]!)),
    );
  process.stderr.write(
    `${judged.name.padEnd(10)} ${coded.bytes.toFixed(2)} bytes a token; trust ${stages.map((stage) => trust[stage].toFixed(2)).join(' ')}\n`,
  );
  return {
    [`multi: head ${multi.dim}-d, 2 bits`]: quality(judged, alone),
    ...rows,
    'hybrid, fixed weights': ofUnion(fused(scores, units, weights)),
    'hybrid, weights by agreement': ofUnion(fused(scores, units, scaled(weights, trust))),
  };
}
