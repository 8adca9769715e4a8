/**
 * How far a multi-vector head keeps the order of raw rows, on passages of training text that it was not fitted to: of each passage's nearest
 * documents the pairs whose order differs, and how much of the best ten is kept. Choices are made by this, without any judgement.
 */
import { openProducts } from './fast-products.js';
import { mean, ranked } from './collections.js';
import { readMultiHead } from './head-files.js';
import { searchAll } from './judged.js';
import { asTheyAre, codedScores, mappedRows, multiScores, rawRows } from './multi-quality.js';
import { codecFor, isHeldOut, readSources, type SourceSets } from './multi-fit.js';
import type { Products } from '../../../trainer/heads/products.js';
import type { MultiHead } from '../../../trainer/heads/multi-head.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { printReport, type ReportColumns } from './print-report.js';

export interface HeldOutOptions {
  readonly texts: readonly string[];
  readonly isJson: boolean;
}

/** Passages of a source, and near documents of each. The document that a passage comes from is among them. */
const passages = 80;
const candidates = 100;

/** Prints a table over the sources. Wants the sets and the head in `cache`. */
export async function reportHeldOut(cache: string, { texts, isJson }: HeldOutOptions): Promise<void> {
  const products = await openProducts(1);
  const head = await readMultiHead(cache);
  const sources = await readSources(cache, texts);
  const codec = await codecFor(sources, head, products);
  const columns: ReportColumns = new Map();
  for (const source of sources) {
    for (const [row, figure] of Object.entries(await compared(source, { head, codec, products }))) {
      columns.set(row, [...(columns.get(row) ?? []), figure]);
    }
  }
  printReport(columns, texts, isJson);
}

interface Parts {
  readonly head: MultiHead;
  readonly codec: TokenCodec;
  readonly products: Products;
}

async function compared(
  { documents, queries }: SourceSets,
  { head, codec, products }: Parts,
): Promise<Record<string, number>> {
  const all = Array.from({ length: queries.starts.length - 1 }, (_, q) => q).filter(isHeldOut);
  const step = Math.max(1, Math.floor(all.length / passages));
  const asked = all.filter((_, i) => i % step === 0).slice(0, passages);
  const searched = await searchAll(documents, queries, asked, products);
  const tops = searched.dense.map((scores) => ranked(scores, candidates));
  const wanted = await multiScores(searched, tops, rawRows(documents), asTheyAre);
  const mapped = await mappedRows(documents, tops.flat(), head, products);
  const float16 = await multiScores(searched, tops, mapped, asTheyAre);
  const coded = await codedScores(searched, tops, { ...mapped, codec }, asTheyAre);
  const found: Record<string, number> = {};
  for (const [name, scores] of [
    [`head ${head.dim}-d, float16`, float16],
    [`head ${head.dim}-d, 2 bits`, coded.scores],
  ] as const) {
    found[`${name}: share of pairs inverted`] = mean(scores.map((own, i) => inverted(wanted[i]!, own)));
    found[`${name}: share of the best ten kept`] = mean(scores.map((own, i) => kept(wanted[i]!, own)));
  }
  return found;
}

/** The share of pairs that `scores` order otherwise than `wanted`. */
function inverted(wanted: Float32Array, scores: Float32Array): number {
  let [count, pairs] = [0, 0];
  for (let a = 0; a < wanted.length; a++) {
    for (let b = 0; b < a; b++, pairs++) if ((wanted[a]! - wanted[b]!) * (scores[a]! - scores[b]!) < 0) count += 1;
  }
  return count / Math.max(pairs, 1);
}

function kept(wanted: Float32Array, scores: Float32Array): number {
  const best = new Set(ranked(wanted, 10));
  return ranked(scores, 10).filter((place) => best.has(place)).length / best.size;
}
