/**
 * Where do a collection's lists and codes come from? From a sample of its vectors, and of queries where there are some.
 *
 * Balanced centroids for routing, the mean of each list as the base of its residuals, an anchor for each list, sixteen words for every
 * four dimensions of the residuals, and the units of the two factors. No rotation: on vectors of text encoders a learned one (OPQ)
 * lowers the recall of four-bit codes, see docs of the benchmark; but errors are led where queries show them least. From five bits of second codes on, what their rounding feeds back. Words and factors are of vectors rounded to float16, as documents are
 * before they are coded.
 */
import type { Random } from '../../base/random.js';
import { ShoalError } from '../../base/errors.js';
import { newestKind, subquantizersMax, usualSecondBits } from '../../kernels/codes.js';
import { toFloat16, toFloat32 } from '../../kernels/kernels.js';
import { signDims, signWords } from '../../kernels/sign-words.js';
import { codedDimMax, type ListCodebook } from '../../vector-index/codebook/list-codebook.js';
import { listsMax, type Structure } from '../../vector-index/codebook/structure.js';
import { gatherRows, shuffledRows } from '../rows.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { aroundLists } from './around-lists.js';
import { errorFeedback } from './error-feedback.js';
import { errorMetric } from './error-metric.js';
import { factorScales } from './factor-scales.js';
import { trainAnchors } from './train-anchors.js';
import { trainLists, type TrainedLists } from './train-lists.js';
import { trainWords } from './train-words.js';

export interface StructureSample {
  /** 1 to 32,768. */
  readonly dim: number;
  /** float32[n, dim], n ≥ 1, finite and within ±65,504, in any order; 64 to 256 a list are enough. */
  readonly vectors: Float32Array;
  /** float32[m, dim], real queries or made-up ones like them, without labels; null = none. */
  readonly queries: Float32Array | null;
}

export interface StructureOptions {
  /** Wanted; never more than there are different vectors, so fewer may come back. */
  readonly lists: number;
  readonly random: Random;
  /** Lists that a vector lies in; 1. */
  readonly copies?: 1 | 2;
  /** Learned from the sample, or signs, which need no learning (`kernels/sign-words.ts`); learned. */
  readonly words?: 'learned' | 'signs';
  /** Bits a dimension of second codes, 1 to 8; 4. */
  readonly secondBits?: number;
  /** Lists of more than so many times the mean are halved; 2.5. */
  readonly largestShare?: number;
  /** Looked at every few milliseconds. */
  readonly signal?: StopSign;
  /** `share` of the step, from 0 to 1. */
  onProgress?(step: 'lists' | 'anchors' | 'words', share: number): void;
}

export interface TrainedStructure {
  /** Without routes. */
  readonly structure: Structure;
  readonly codebook: ListCodebook;
  /** Mean inner product of the sample's vectors with their centroids. */
  readonly objective: number;
}

const usualLargestShare = 2.5;
const dsubUsual = 4;
/** Residuals that words are trained on, and the iterations over them. */
const wordRowsMax = 65_536;
const wordValuesMax = 33_554_432;
const wordIterations = 12;
/** Bits of second codes from which on the error of rounding is worth leading away: it takes as long as the rest of coding. */
export const feedbackBits = 5;
/** Residuals that are made at once. */
const residualRows = 1_024;
const halfMax = 65_504;
const rowsBetweenLooks = 1_024;

/**
 * Trains on `sample`. Blocks the thread: for workers and builds. INVALID_ARGUMENT for a sample that cannot be trained on, CANCELLED by the
 * signal. The same sample, options and seed give the same structure.
 */
export function trainStructure(sample: StructureSample, options: StructureOptions): TrainedStructure {
  const { dim, vectors, queries } = sample;
  const { random, signal, onProgress } = options;
  checkSample(sample, options);
  const lists = trainLists(vectors, {
    ...{ dim, random, signal },
    lists: Math.min(options.lists, vectors.length / dim),
    largestShare: options.largestShare ?? usualLargestShare,
    onProgress: (share) => onProgress?.('lists', share),
  });
  const structure = structureOf(lists.centroids, sample, options);
  const anchors = trainAnchors(structure, lists.means, queries, signal);
  onProgress?.('anchors', 1);
  const shape = codeShape(dim);
  const residuals = residualSample(vectors, lists, { ...shape, dim, random });
  // Where a word bears more dimensions it cannot hold the signs of all.
  const areSigns = options.words === 'signs' && shape.dsub === signDims;
  const words = areSigns
    ? signWords(shape.subquantizers)
    : trainWords(residuals.residuals, {
        ...{ ...shape, iterations: wordIterations, random, signal },
        onProgress: (share) => onProgress?.('words', share),
      });
  const width = shape.subquantizers * shape.dsub;
  const metric = errorMetric({ residuals: residuals.residuals, width, structure, anchors, queries }, signal);
  const first = { words, ...shape, ...(metric === null ? {} : { metric }) };
  const scales = factorScales(first, { ...residuals, anchors, dim }, signal);
  const { secondBits = usualSecondBits } = options;
  const secondKind = newestKind(secondBits);
  const feedback = secondBits < feedbackBits ? null : errorFeedback(residuals.residuals, width, { random, signal });
  const second = { secondKind, ...(feedback === null ? {} : { feedback }) };
  const codebook = { ...first, ...scales, ...second, dim, bases: lists.means, anchors };
  return { structure, codebook, objective: lists.objective };
}

function structureOf(
  centroids: Float32Array,
  { dim }: StructureSample,
  { copies, signal }: StructureOptions,
): Structure {
  // Of one list there is no other.
  if (copies !== 2 || centroids.length === dim) return { dim, centroids };
  return { dim, centroids, around: aroundLists(centroids, dim, { signal }) };
}

/** Four dimensions a word, more where there would be more parts than a code may have. */
function codeShape(dim: number): { readonly subquantizers: number; readonly dsub: number } {
  const dsub = Math.max(dsubUsual, Math.ceil(dim / subquantizersMax));
  return { subquantizers: Math.ceil(dim / dsub), dsub };
}

interface ResidualSample {
  readonly residuals: Float32Array;
  readonly lists: Uint32Array;
}

/** What some vectors, as they are coded, leave over their bases; padded with zeros. */
function residualSample(
  vectors: Float32Array,
  { means, assignments }: TrainedLists,
  of: { readonly dim: number; readonly subquantizers: number; readonly dsub: number; readonly random: Random },
): ResidualSample {
  const { dim, random } = of;
  const width = of.subquantizers * of.dsub;
  const count = Math.min(vectors.length / dim, wordRowsMax, Math.ceil(wordValuesMax / width));
  const order = shuffledRows(vectors.length / dim, random).subarray(0, count);
  const lists = Uint32Array.from(order, (row) => assignments[row]!);
  const residuals = new Float32Array(count * width);
  // In pieces: the rows as floats and as halves would take three times as much as the residuals.
  for (let first = 0; first < count; first += residualRows) {
    const rows = toFloat32(toFloat16(gatherRows(vectors, dim, order.subarray(first, first + residualRows))));
    for (let i = 0; i < rows.length; i++) {
      const row = first + Math.floor(i / dim);
      residuals[row * width + (i % dim)] = rows[i]! - means[lists[row]! * dim + (i % dim)]!;
    }
  }
  return { residuals, lists };
}

function checkSample({ dim, vectors, queries }: StructureSample, { lists, signal }: StructureOptions): void {
  if (!Number.isInteger(dim) || dim < 1 || dim > codedDimMax)
    throw invalid(`dim is ${dim}; vectors that can be coded have 1 to ${codedDimMax}`);
  if (!Number.isInteger(lists) || lists < 1 || lists > listsMax) {
    throw invalid(`${lists} lists were asked for; ask for 1 to ${listsMax}`);
  }
  if (vectors.length === 0) throw invalid('the sample has no vectors; add documents first');
  checkRows(vectors, dim, 'vector', signal);
  if (queries !== null) checkRows(queries, dim, 'query', signal);
}

function checkRows(rows: Float32Array, dim: number, what: string, signal: StopSign | undefined): void {
  if (rows.length % dim !== 0) {
    throw invalid(`${rows.length} values are no whole rows of ${dim}; give dim values for each ${what}`);
  }
  for (let row = 0; row < rows.length / dim; row++) {
    if (row % rowsBetweenLooks === 0) refuseStopped(signal);
    for (let j = row * dim; j < (row + 1) * dim; j++) {
      if (Math.abs(rows[j]!) <= halfMax) continue;
      const message = `${what} ${row} has the value ${rows[j]} at ${j - row * dim}; values are numbers within ±${halfMax}`;
      throw invalid(`${message}, leave it out of the sample`);
    }
  }
}

function invalid(message: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', message);
}
