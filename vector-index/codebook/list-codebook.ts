/**
 * The codebook of inverted lists: what the vectors of one structure are coded with, and what each list is coded against. Published
 * with the structure and frozen with it, so that codes are a function of (fp16 vector, list, codebook) on every replica.
 *
 * The file, little-endian:
 *
 *   [0, 4)    magic "SHLC"
 *   [4, 6)    format, uint16
 *   [6, 8)    zero
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of lists, uint32
 *   [16, 20)  subquantizers, uint32
 *   [20, 24)  dsub, uint32
 *   [24, 32)  rescale, float64
 *   [32, 40)  anchor, float64
 *   then      words float32[subquantizers, dsub, 16], bases float32[lists, dim], anchors float32[lists, dim]
 *   last 8    XXH64 of all bytes before, uint64
 */
import { assert } from '../../base/assert.js';
import { bytesOf, float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import type { Codebook } from '../../kernels/codes.js';
import { listsMax } from './structure.js';

const magic = 'SHLC';
const format = 1;
const headBytes = 40;
const checksumBytes = 8;
const ksub = 16;
const subquantizersMax = 512;
const dsubMax = 64;

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
  const { dim, subquantizers, dsub, rescale, anchor, words, bases, anchors } = codebook;
  const lists = codedLists(codebook);
  const shape = { dim, lists, subquantizers, dsub };
  assert(isShape(shape), 'a codebook has 1 to 512 subquantizers that cover dim, and 1 to 65,536 lists');
  assert(words.length === subquantizers * dsub * ksub, 'a codebook has 16 codewords for every subquantizer');
  assert(anchors.length === bases.length, 'every list has a base and an anchor');
  assert(isScale(rescale) && isScale(anchor), 'the scales of the factors are positive');
  const bytes = new Uint8Array(fileBytes(shape));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint16(4, format, true);
  [dim, lists, subquantizers, dsub].forEach((value, at) => view.setUint32(8 + 4 * at, value, true));
  view.setFloat64(24, rescale, true);
  view.setFloat64(32, anchor, true);
  let at = headBytes;
  for (const table of [words, bases, anchors]) {
    bytes.set(bytesOf(table), at);
    at += table.byteLength;
  }
  view.setBigUint64(at, hashBytes(bytes.subarray(0, at)), true);
  return bytes;
}

/** The codebook in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readListCodebookFile(bytes: Uint8Array): ListCodebook {
  if (bytes.length < headBytes + checksumBytes || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) {
    throw damaged('it does not begin as one');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint16(4, true);
  if (found > format) {
    const message = `the codebook of lists has format ${found}, this version reads up to ${format}; use a newer Shoal`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const end = bytes.length - checksumBytes;
  if (hashBytes(bytes.subarray(0, end)) !== view.getBigUint64(end, true)) throw damaged('its checksum does not match');
  const shape = {
    dim: view.getUint32(8, true),
    lists: view.getUint32(12, true),
    subquantizers: view.getUint32(16, true),
    dsub: view.getUint32(20, true),
  };
  const { dim, lists, subquantizers, dsub } = shape;
  if (!isShape(shape) || bytes.length !== fileBytes(shape)) throw damaged(`it has ${bytes.length} bytes`);
  const [rescale, anchor] = [view.getFloat64(24, true), view.getFloat64(32, true)];
  if (!isScale(rescale) || !isScale(anchor)) throw damaged('the scales of its factors are not positive');
  const [basesAt, anchorsAt] = [headBytes + 4 * subquantizers * dsub * ksub, end - 4 * lists * dim];
  return {
    ...{ dim, subquantizers, dsub, rescale, anchor },
    words: float32From(bytes.subarray(headBytes, basesAt), 'codewords'),
    bases: float32From(bytes.subarray(basesAt, anchorsAt), 'bases of lists'),
    anchors: float32From(bytes.subarray(anchorsAt, end), 'anchors of lists'),
  };
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

function fileBytes({ dim, lists, subquantizers, dsub }: Shape): number {
  return headBytes + 4 * (subquantizers * dsub * ksub + 2 * lists * dim) + checksumBytes;
}

function damaged(why: string): ShoalError {
  return new ShoalError('DATA_LOSS', `the codebook of lists is damaged: ${why}; restore it from a backup`);
}
