/**
 * What heads are worth: nDCG@10 on judged collections, of each representation alone and together.
 *
 * Multi-vector scores are MaxSim over the dense best hundred; together, candidates are these and the best fifty by words.
 */
import type { MultiHead } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { ranked } from './collections.js';
import { openProducts } from './fast-products.js';
import { agreement, fused, scaled, spreadUnits, stages, type FusionWeights, type StageScores } from './fusion.js';
import { readMultiHead, readSparseHead, writeSparseHead, type TrainedSparseHead } from './head-files.js';
import { quality, readJudged, reordered, type Judged } from './judged.js';
import { codecFor, readSources } from './multi-fit.js';
import { asTheyAre, byIdf, codedScores, mappedRows, multiScores, rawRows, type ComparedRows } from './multi-quality.js';
import { printReport, type ReportColumns } from './print-report.js';
import { sparseScores } from './sparse-quality.js';

export interface ReportOptions {
  readonly data: string;
  readonly split: string;
  readonly collections: readonly string[];
  /** Training text, which the codec of the multi-vector head is trained on too. */
  readonly texts: readonly string[];
  /** `sparse`, or with `multi` all rows of the table. */
  readonly heads: readonly string[];
  /** Of the three in units of their spreads. */
  readonly weights: FusionWeights;
  readonly isJson: boolean;
}

/** Candidates by the dense vector and by words. */
const denseCandidates = 100;
const sparseCandidates = 50;
const bm25Row = 'BM25';
const sparseRow = 'sparse head';

interface WordHead {
  readonly sparse: TrainedSparseHead;
  readonly products: Products;
}

interface Heads extends WordHead {
  readonly multi: MultiHead;
  readonly codec: TokenCodec;
}

/** Prints a table over `collections`, and each figure as soon as it is there. Wants the sets and the heads in `cache`. */
export async function report(cache: string, options: ReportOptions): Promise<void> {
  const { data, split, collections, weights, isJson } = options;
  const words = { sparse: await readSparseHead(cache), products: await openProducts(1) };
  const heads = options.heads.includes('multi') ? await readHeads(cache, options.texts, words) : null;
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

async function readHeads(cache: string, texts: readonly string[], words: WordHead): Promise<Heads> {
  const multi = await readMultiHead(cache);
  return { ...words, multi, codec: await codecFor(await readSources(cache, texts), multi, words.products) };
}

async function judge(judged: Judged, heads: Heads, weights: FusionWeights): Promise<Record<string, number>> {
  const { products, multi } = heads;
  const tops = judged.dense.map((scores) => ranked(scores, denseCandidates));
  const rerank = (scores: readonly Float32Array[]): number =>
    quality(
      judged,
      tops.map((top, q) => reordered(top, scores[q]!)),
    );
  const raw = rawRows(judged.documents);
  const found: Record<string, number> = { dense: quality(judged, tops) };
  found['multi: raw 384-d, float16'] = rerank(await multiScores(judged, tops, raw, asTheyAre));
  found['multi: raw 384-d weighted by idf^½'] = rerank(await multiScores(judged, tops, raw, byIdf(judged)));
  const words = judgeWords(judged, heads);
  const union = tops.map((top, q) => [...new Set([...top, ...ranked(words.scores[q]!, sparseCandidates)])]);
  const mapped = await mappedRows(judged.documents, union.flat(), multi, products);
  found[`multi: head ${multi.dim}-d, float16`] = rerank(await multiScores(judged, tops, mapped, asTheyAre));
  return { ...found, ...(await judgeTogether(judged, heads, { weights, mapped, tops, union, words })) };
}

/** nDCG@10 by words alone, and for each asked query the head's score of every document. */
function judgeWords(judged: Judged, { sparse }: WordHead): Words {
  const scores = sparseScores(judged, sparse);
  const byScores = (all: readonly Float32Array[]): number =>
    quality(
      judged,
      all.map((own) => ranked(own, 10)),
    );
  return { rows: { [bm25Row]: byScores(judged.lexical), [sparseRow]: byScores(scores) }, scores };
}

interface Words {
  readonly rows: Record<string, number>;
  /** For each asked query the head's score of every document. */
  readonly scores: readonly Float32Array[];
}

interface Together {
  readonly weights: FusionWeights;
  readonly mapped: ComparedRows;
  readonly tops: readonly (readonly number[])[];
  readonly union: readonly (readonly number[])[];
  readonly words: Words;
}

async function judgeTogether(
  judged: Judged,
  heads: Heads,
  { weights, mapped, tops, union, words }: Together,
): Promise<Record<string, number>> {
  const { multi, codec } = heads;
  const coded = await codedScores(judged, union, { ...mapped, codec }, asTheyAre);
  const weighted = await codedScores(judged, tops, { ...mapped, codec }, byIdf(judged));
  const rerank = (own: readonly Float32Array[]): number =>
    quality(
      judged,
      tops.map((top, q) => reordered(top, own[q]!.subarray(0, top.length))),
    );
  const scores: StageScores = {
    dense: union.map((own, q) => Float32Array.from(own, (d) => judged.dense[q]![d]!)),
    sparse: union.map((own, q) => Float32Array.from(own, (d) => words.scores[q]![d]!)),
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
    [`multi: head ${multi.dim}-d, 2 bits`]: rerank(coded.scores),
    [`multi: head ${multi.dim}-d, 2 bits, weighted by idf^½`]: rerank(weighted.scores),
    ...words.rows,
    'hybrid, fixed weights': ofUnion(fused(scores, units, weights)),
    'hybrid, weights by agreement': ofUnion(fused(scores, units, scaled(weights, trust))),
  };
}
