/** Fits the multi-vector head, and a codec of what it makes of rows, to training text (training-text.ts). No passage is compared with a document. */
import { seededRandom, type Random } from '../../../base/random.js';
import { trainCodec } from '../../../models/build/codec.js';
import { covariance } from '../../../trainer/covariance.js';
import { fitMulti, type RowMoments } from '../../../trainer/heads/fit-multi.js';
import { mapDocument, type MultiHead } from '../../../trainer/heads/multi-head.js';
import type { Products } from '../../../trainer/heads/products.js';
import { shuffledRows } from '../../../trainer/rows.js';
import { centreRows } from '../../../vector-index/codebook/centred-rows.js';
import type { TokenCodec } from '../../../vector-index/codebook/token-codec.js';
import { readSet, rowDim, type EncodedSet } from './encoded.js';
import { countOf } from './judged.js';
import { rowsOf } from './multi-quality.js';

/** One text in so many is held out: passages to judge by, and documents that nothing is fitted to. */
const heldOutEvery = 10;
/** Rows of each source's passages and of its documents. */
const sampledRows = 20_000;
/** Rows of each source that the codec is trained on. */
const codecRows = 40_000;
const codecSeed = 7;

/** Passages of a training source and the documents that they are asked over. */
export interface SourceSets {
  readonly name: string;
  readonly documents: EncodedSet;
  readonly queries: EncodedSet;
}

/** The sets of sources of training-text.ts; the documents of `scifact-text` are those of the collection. */
export function readSources(cache: string, names: readonly string[]): Promise<SourceSets[]> {
  return Promise.all(
    names.map(async (name) => ({
      name,
      documents: await readSet(cache, name === 'scifact-text' ? 'scifact.documents' : `${name}.documents`),
      queries: await readSet(cache, `${name}.queries`),
    })),
  );
}

export function isHeldOut(text: number): boolean {
  return text % heldOutEvery === 0;
}

/** The head of `dim` dimensions for text like that of `sources`, which count alike. */
export function fitHead(sources: readonly SourceSets[], dim: number, seed: number): MultiHead {
  const random = seededRandom(seed);
  const own = sources.map((source) => momentsOf(source, random));
  const mean = (part: keyof RowMoments): Float64Array =>
    new Float64Array(rowDim * rowDim).map((_, i) => own.reduce((sum, each) => sum + each[part][i]!, 0) / own.length);
  return fitMulti({ queries: mean('queries'), documents: mean('documents') }, { inputDim: rowDim, dim, random });
}

/** A codec of two bits for what `head` makes of documents that it was fitted to. */
export async function codecFor(
  sources: readonly SourceSets[],
  head: MultiHead,
  products: Products,
): Promise<TokenCodec> {
  const random = seededRandom(codecSeed);
  const parts: Float32Array[] = [];
  for (const { documents } of sources) {
    for (const d of someTexts(documents, codecRows, random)) {
      parts.push((await mapDocument(rowsOf(documents, d), head, products)).rows);
    }
  }
  const order = shuffledRows(parts.length, random);
  const mixed = Array.from(order, (i) => parts[i]!);
  return trainCodec(joined(mixed), {
    dim: head.dim,
    counts: mixed.map(({ length }) => length / head.dim),
    centroids: 256,
    nbits: 2,
    iterations: 8,
    seed: codecSeed,
    onProgress: () => undefined,
  });
}

function momentsOf({ documents, queries }: SourceSets, random: Random): RowMoments {
  const asked = someTexts(queries, sampledRows, random).map((q) => rowsOf(queries, q));
  const centred = someTexts(documents, sampledRows, random).map((d) => restsOf(rowsOf(documents, d)));
  return { queries: covariance(joined(asked), rowDim), documents: covariance(joined(centred), rowDim) };
}

/** What `rows` float32[n, 384] of a document have beyond the mean that is kept. */
function restsOf(rows: Float32Array): Float32Array {
  const { directions, lengths } = centreRows(rows, rowDim);
  return directions.map((value, i) => value * lengths[Math.floor(i / rowDim)]!);
}

/** Texts of `set` at random, none that is held out, that have `rows` rows together, or all. */
function someTexts(set: EncodedSet, rows: number, random: Random): number[] {
  const chosen: number[] = [];
  let sum = 0;
  for (const text of shuffledRows(set.starts.length - 1, random)) {
    if (sum >= rows) break;
    const count = countOf(set, text);
    if (isHeldOut(text) || count === 0) continue;
    chosen.push(text);
    sum += count;
  }
  return chosen;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
