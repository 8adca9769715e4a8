/**
 * The codebook of inverted lists: what the vectors of one structure are coded with, and what each list is coded against. Published
 * with the structure and frozen with it, so that codes are a function of (fp16 vector, list, codebook) on every replica.
 *
 * The file, little-endian:
 *
 *   [0, 4)    magic "SHLC"
 *   [4, 6)    format, uint16
 *   [6, 8)    zero in format 1, the kind of second codes (kernels/second-code/second-code.h) in formats 2 to 6, uint16
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of lists, uint32
 *   [16, 20)  subquantizers, uint32
 *   [20, 24)  dsub, uint32
 *   [24, 32)  rescale, float64
 *   [32, 40)  anchor, float64
 *   then      words float32[subquantizers, dsub, 16], bases float32[lists, dim], anchors float32[lists, dim]; in formats 4 and 6
 *             behind them feedback float32[subquantizers * dsub, 2, 64]; in formats 5 and 6 in the end metric
 *             float32[subquantizers * dsub, subquantizers * dsub]
 *   last 8    XXH64 of all bytes before, uint64
 *
 * Format 1 has second codes of kind 4, format 2 of the other kinds up to 8, formats 3 to 6 of kinds 9 to 16, which new codebooks have:
 * format 4 with feedback for their rounding, format 5 with a metric for first codes, format 6 with both; each is what is written of those.
 */
import { assert } from '../../base/assert.js';
import { float32From } from '../../base/bytes.js';
import {
  firstSecondKind,
  isSecondBits,
  isSecondKind,
  feedbackWidth,
  ksub,
  secondBitsMax,
  secondBitsOf,
  secondKindOf,
  subquantizersMax,
  usualSecondBits,
  type Codebook,
} from '../../kernels/codes.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from './sealed-file.js';
import { listsMax } from './structure.js';

const kind: FileKind = {
  magic: 'SHLC',
  format: 6,
  headBytes: 40,
  name: 'the codebook of lists',
  remedy: 'make a new collection from a backup: `shoal restore FOLDER NAME`',
};
const feedbackFormats = [4, 6];
const metricFormats = [5, 6];
const dsubMax = 64;
/** Values of a vector that codes can have. */
export const codedDimMax = subquantizersMax * dsubMax;

export { isSecondBits, secondBitsMax, secondBitsOf, usualSecondBits };

export interface ListCodebook extends Codebook {
  /** Values of a vector. The words cover it padded with zeros to subquantizers × dsub. */
  readonly dim: number;
  /** float32[lists, dim]: the mean of each list's vectors, which residuals are taken to. */
  readonly bases: Float32Array;
  /** float32[lists, dim]: where the estimate of each list is exact, its mean or the mean of the queries that probe it. */
  readonly anchors: Float32Array;
}

/** Number of lists that `codebook` codes. */
export function codedLists({ bases, dim }: ListCodebook): number {
  return bases.length / dim;
}

/** The bytes of `codebook`. INTERNAL when its tables do not have the shapes that its numbers say. */
export function writeListCodebookFile(codebook: ListCodebook): Uint8Array {
  const { dim, subquantizers, dsub, rescale, anchor, words, bases, anchors, feedback, metric } = codebook;
  const lists = codedLists(codebook);
  const shape = { dim, lists, subquantizers, dsub };
  assert(isShape(shape), 'a codebook has 1 to 512 subquantizers that cover dim, and 1 to 65,536 lists');
  assert(words.length === subquantizers * dsub * ksub, 'a codebook has 16 codewords for every subquantizer');
  assert(anchors.length === bases.length, 'every list has a base and an anchor');
  assert(isScale(rescale) && isScale(anchor), 'the scales of the factors are positive');
  const secondKind = secondKindOf(codebook);
  assert(isSecondKind(secondKind), 'there are sixteen kinds of second codes');
  const format = formatOf(secondKind, { feedback, metric });
  assert(format !== null, 'codebooks of the second edition of second codes alone have feedback or a metric');
  assert(
    feedback === undefined || feedback.length === feedbackValues(shape),
    'every dimension has two rows of feedback',
  );
  assert(metric === undefined || metric.length === metricValues(shape), 'the metric has a row for every dimension');
  const fillHead = (view: DataView): void => {
    if (format > 1) view.setUint16(6, secondKind, true);
    [dim, lists, subquantizers, dsub].forEach((value, at) => view.setUint32(8 + 4 * at, value, true));
    view.setFloat64(24, rescale, true);
    view.setFloat64(32, anchor, true);
  };
  const tables = [words, bases, anchors, feedback, metric].filter((table) => table !== undefined);
  return sealFile({ ...kind, format }, fillHead, tables);
}

/** The codebook in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readListCodebookFile(bytes: Uint8Array): ListCodebook {
  const { view, tables } = openSealedFile(kind, bytes);
  const shape = {
    dim: view.getUint32(8, true),
    lists: view.getUint32(12, true),
    subquantizers: view.getUint32(16, true),
    dsub: view.getUint32(20, true),
  };
  const { dim, lists, subquantizers, dsub } = shape;
  const format = view.getUint16(4, true);
  const secondKind = format === 1 ? firstSecondKind : view.getUint16(6, true);
  const [basesAt, listBytes] = [4 * subquantizers * dsub * ksub, 4 * lists * dim];
  const [anchorsAt, feedbackAt] = [basesAt + listBytes, basesAt + 2 * listBytes];
  const metricAt = feedbackAt + (feedbackFormats.includes(format) ? 4 * feedbackValues(shape) : 0);
  const end = metricAt + (metricFormats.includes(format) ? 4 * metricValues(shape) : 0);
  if (!isShape(shape) || tables.length !== end) {
    throw damagedFile(kind, `it has ${bytes.length} bytes`);
  }
  const [rescale, anchor] = [view.getFloat64(24, true), view.getFloat64(32, true)];
  if (!isScale(rescale) || !isScale(anchor)) throw damagedFile(kind, 'the scales of its factors are not positive');
  const more = {
    ...(metricAt === feedbackAt ? {} : { feedback: float32From(tables.subarray(feedbackAt, metricAt), 'feedback') }),
    ...(end === metricAt ? {} : { metric: float32From(tables.subarray(metricAt), 'the metric') }),
  };
  if (!isSecondKind(secondKind) || (format > 1 && formatOf(secondKind, more) !== format))
    throw damagedFile(kind, `its second codes are of kind ${secondKind}`);
  return {
    ...{ dim, subquantizers, dsub, rescale, anchor },
    ...(secondKind === firstSecondKind ? {} : { secondKind }),
    ...more,
    words: float32From(tables.subarray(0, basesAt), 'codewords'),
    bases: float32From(tables.subarray(basesAt, anchorsAt), 'bases of lists'),
    anchors: float32From(tables.subarray(anchorsAt, feedbackAt), 'anchors of lists'),
  };
}

function feedbackValues({ subquantizers, dsub }: Shape): number {
  return subquantizers * dsub * 2 * feedbackWidth;
}

function metricValues({ subquantizers, dsub }: Shape): number {
  return (subquantizers * dsub) ** 2;
}

/** null where there is none. */
function formatOf(
  secondKind: number,
  { feedback, metric }: { readonly feedback?: Float32Array | undefined; readonly metric?: Float32Array | undefined },
): number | null {
  const isSecondEdition = secondKind > secondBitsMax;
  if (metric !== undefined || feedback !== undefined) {
    const format = metric === undefined ? 4 : feedback === undefined ? 5 : 6;
    return isSecondEdition ? format : null;
  }
  if (isSecondEdition) return 3;
  return secondKind === firstSecondKind ? 1 : 2;
}

interface Shape {
  readonly dim: number;
  readonly lists: number;
  readonly subquantizers: number;
  readonly dsub: number;
}

function isShape({ dim, lists, subquantizers, dsub }: Shape): boolean {
  const hasLists = Number.isInteger(lists) && lists >= 1 && lists <= listsMax;
  const hasParts = subquantizers >= 1 && subquantizers <= subquantizersMax && dsub >= 1 && dsub <= dsubMax;
  return hasLists && hasParts && dim >= 1 && dim <= subquantizers * dsub;
}

function isScale(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
