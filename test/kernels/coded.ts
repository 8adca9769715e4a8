/** Codebooks, points and lists for the tests of the coded families. */
import type { Random } from '../../base/random.js';
import { codingFloats } from '../../kernels/codes.js';
import type { NativeKernels } from '../../kernels/native-kernels.js';
import { portableKernels } from '../../kernels/portable.js';
import { normals } from './pair.js';

export interface Shape {
  readonly subquantizers: number;
  readonly dsub: number;
}

/** Scales that keep f up to 4 and t up to 4. */
export const scales = Float64Array.of(4 / 32767, 4 / 32767);

export function codebookOf(random: Random, { subquantizers, dsub }: Shape): Float32Array {
  return normals(random, subquantizers * dsub * 16).map((value) => value / 4);
}

/** How much errors count, float32[dim, dim]: along a few directions more than along others. */
export function metricOf(random: Random, dim: number): Float32Array {
  const axes = Array.from({ length: 3 }, () => normals(random, dim, dim));
  return Float32Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    return axes.reduce((sum, axis) => sum + 20 * axis[i]! * axis[j]!, i === j ? 1 : 0);
  });
}

export function codeBytesOf(subquantizers: number): number {
  return (4 * Math.ceil(subquantizers / 4)) / 2;
}

/** What the kernels make of a query: scale = [unit, offset, anchor weight]. */
export function tableOf(
  kernels: NativeKernels,
  codebook: Float32Array,
  query: Float32Array,
  { subquantizers, dsub }: Shape,
): { tables: Float32Array; levels: Uint8Array; scale: Float64Array } {
  const tables = new Float32Array(subquantizers * 16);
  const levels = new Uint8Array(codeBytesOf(subquantizers) * 32);
  const scale = new Float64Array(3);
  kernels.buildLookupTable(codebook, query, dsub, scales, tables, levels, scale);
  return { tables, levels, scale };
}

/** Codes and factors of points, by the kernels. */
export function encode(
  kernels: NativeKernels,
  points: Float32Array,
  of: {
    codebook: Float32Array;
    base: Float32Array | null;
    anchor: Float32Array | null;
    metric?: Float32Array | undefined;
  } & Shape,
): { codes: Uint8Array; factors: Int16Array } {
  const { codebook, base, anchor, subquantizers, dsub } = of;
  const count = points.length / (subquantizers * dsub);
  const codes = new Uint8Array(count * codeBytesOf(subquantizers));
  const factors = new Int16Array(2 * count);
  const scratch = new Float32Array(codingFloats(of));
  kernels.encodeVectors(points, base, anchor, codebook, dsub, scales, scratch, codes, factors, of.metric ?? null);
  return { codes, factors };
}

export interface RandomLists {
  readonly codes: Uint8Array;
  readonly offsets: BigUint64Array;
  readonly counts: Uint32Array;
  readonly firsts: Uint32Array;
}

/** Lists of those counts with random codes and factors; `values` bounds the factors, so that a small one makes ties. */
export function randomLists(
  random: Random,
  subquantizers: number,
  sizes: readonly number[],
  values = 32_767,
): RandomLists {
  const pairs = codeBytesOf(subquantizers);
  const lists = sizes.map((count) => {
    const codes = Uint8Array.from({ length: count * pairs }, () => random.below(256));
    const factors = Int16Array.from({ length: 2 * count }, () => random.below(2 * values + 1) - values);
    const blocks = new Uint8Array(bytesOfList(pairs, count));
    portableKernels.packBlocks(codes, factors, pairs, blocks);
    return blocks;
  });
  const offsets = sizes.map((_, list) => lists.slice(0, list).reduce((sum, blocks) => sum + blocks.length, 0));
  const codes = new Uint8Array(lists.reduce((sum, blocks) => sum + blocks.length, 0));
  lists.forEach((blocks, list) => codes.set(blocks, offsets[list]));
  return {
    codes,
    offsets: BigUint64Array.from(offsets, BigInt),
    counts: Uint32Array.from(sizes),
    firsts: Uint32Array.from(sizes, (_, list) => sizes.slice(0, list).reduce((sum, count) => sum + count, 0)),
  };
}

export function bytesOfList(pairs: number, count: number): number {
  const rest = count % 64;
  return (count - rest + (rest > 32 ? 64 : rest > 0 ? 32 : 0)) * (pairs + 4);
}
