/**
 * What the three representations are worth together: nDCG@10 of each alone, of the weighted sum that serves where nothing is said, of the
 * same with all tokens of a question alike in MaxSim, and of one of these whose weight of words is told by a collection's own text.
 *
 * Dense vectors and token rows see the beginning of a document, words all of it. So the tried weight of words grows with the share of the
 * collection's words that the model does not see. Its two numbers were chosen on collections that no table of heads is over.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultWeights } from '../../../coordinator/search/question.js';
import { parseSparseHead } from '../../../vector-index/codebook/sparse-head.js';
import { ranked } from './collections.js';
import { rowDim, type EncodedSet } from './encoded.js';
import { openProducts } from './fast-products.js';
import { quality, readJudged, reordered, wordUnit, type Judged } from './judged.js';
import { asTheyAre, byIdf, multiScores, rawRows } from './multi-quality.js';
import { printReport, type ReportColumns } from './print-report.js';
import { sparseScores } from './sparse-quality.js';

export interface FusionReportOptions {
  readonly data: string;
  readonly split: string;
  readonly collections: readonly string[];
  readonly isJson: boolean;
}

/** Of each first stage. */
const candidates = 100;
/** The tried weight of words: least + gain · (share of words unseen)². */
const unseen = { least: 0.05, gain: 0.6 } as const;

/** Prints a table over `collections`. Wants their sets in `cache`. */
export async function reportFusion(cache: string, options: FusionReportOptions): Promise<void> {
  const { data, split, collections, isJson } = options;
  const products = await openProducts(1);
  const head = parseSparseHead(readFileSync(join('models', 'default', 'sparse-head.bin')), rowDim);
  const columns: ReportColumns = new Map();
  for (const name of collections) {
    const judged = await readJudged(name, split, { cache, data }, products);
    const found = await judge(judged, sparseScores(judged, head));
    for (const [row, score] of Object.entries(found)) columns.set(row, [...(columns.get(row) ?? []), score]);
    process.stderr.write(`${name}: ${JSON.stringify(found)}\n`);
  }
  printReport(columns, collections, isJson);
}

async function judge(judged: Judged, words: readonly Float32Array[]): Promise<Record<string, number>> {
  const tops = judged.dense.map((scores) => ranked(scores, candidates));
  const union = tops.map((top, q) => [
    ...new Set([...top, ...ranked(words[q]!, candidates).filter((d) => words[q]![d]! > 0)]),
  ]);
  const plain = await multiScores(judged, union, rawRows(judged.documents), asTheyAre);
  const weighed = await multiScores(judged, union, rawRows(judged.documents), byIdf(judged));
  const byMaxSim = (multi: readonly Float32Array[]): number =>
    quality(
      judged,
      tops.map((top, q) => reordered(top, multi[q]!.subarray(0, top.length))),
    );
  const alone = {
    dense: quality(judged, tops),
    'words, sparse head': quality(
      judged,
      words.map((own) => ranked(own, 10)),
    ),
    'MaxSim, float16': byMaxSim(weighed),
  };
  const together = (weight: number, multi: readonly Float32Array[]): number =>
    quality(
      judged,
      union.map((own, q) => {
        const unit = wordUnit(words[q]!);
        const score = (d: number, i: number): number =>
          defaultWeights.bm25.dense * judged.dense[q]![d]! +
          (weight * words[q]![d]!) / unit +
          defaultWeights.bm25.multi * multi[q]![i]!;
        return reordered(own, own.map(score));
      }),
    );
  const share = unseenShare(judged.documents);
  const served = together(defaultWeights.bm25.sparse, weighed);
  return {
    ...alone,
    'hybrid as it serves': served,
    'hybrid as it serves, less the best alone': served - Math.max(...Object.values(alone)),
    'MaxSim, tokens alike': byMaxSim(plain),
    'hybrid, tokens alike': together(defaultWeights.bm25.sparse, plain),
    'share of words unseen': share,
    'hybrid, tokens alike, words weighed by it': together(unseen.least + unseen.gain * share ** 2, plain),
  };
}

/** The share of all documents' tokens that the model does not read; each document has an end token among its rows. */
function unseenShare({ rows, starts, ids }: EncodedSet): number {
  const read = rows.length / rowDim - (starts.length - 1);
  return Math.max(0, 1 - read / ids.length);
}
