/** Portable twin of adc-scan.h: the same scores, bit for bit, and the same best. */
import { assert } from '../../base/assert.js';
import type { NativeKernels, ScanListsArrays } from '../native-kernels.js';
import { isLive } from '../top-k.js';

/** See `NativeKernels.packBlocks`. */
export const packBlocks: NativeKernels['packBlocks'] = (codes, factors, pairs, blocks) => {
  const count = factors.length / 2;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  blocks.fill(0);
  for (let v = 0; v < count; v++) {
    const { code, width, factor } = placeOf(pairs, count, v);
    for (let p = 0; p < pairs; p++) blocks[code + p * width] = codes[v * pairs + p]!;
    view.setInt16(factor, factors[2 * v]!, true);
    view.setInt16(factor + 2, factors[2 * v + 1]!, true);
  }
};

/** See `NativeKernels.unpackBlocks`. */
export const unpackBlocks: NativeKernels['unpackBlocks'] = (codes, factors, pairs, blocks) => {
  const count = factors.length / 2;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let v = 0; v < count; v++) {
    const { code, width, factor } = placeOf(pairs, count, v);
    for (let p = 0; p < pairs; p++) codes[v * pairs + p] = blocks[code + p * width]!;
    factors[2 * v] = view.getInt16(factor, true);
    factors[2 * v + 1] = view.getInt16(factor + 2, true);
  }
};

/** See `NativeKernels.scanLists`. */
export const scanLists: NativeKernels['scanLists'] = (...arrays) => {
  const queries = queriesOf(arrays);
  for (let list = 0; list < arrays[2].length; list++) {
    if (arrays[14][0] !== 0) return -1;
    for (const query of queries) scanList(arrays, list, query);
  }
  queries.forEach((query, q) => (arrays[13][q] = query.best.finish()));
  return 0;
};

/** Where a vector of a list of `count` has its code (a byte every `width`) and its factors, from the list's beginning. */
export function placeOf(pairs: number, count: number, vector: number): { code: number; width: number; factor: number } {
  const whole = Math.floor(count / 64) + (count % 64 > 32 ? 1 : 0);
  const block = Math.min(vector >>> 6, whole);
  const width = block < whole ? 64 : 32;
  const start = block * 64 * (pairs + 4);
  const v = vector - block * 64;
  return { code: start + slotOf(v, width), width, factor: start + pairs * width + 4 * v };
}

function slotOf(vector: number, width: number): number {
  const group = Math.floor(vector / (width / 4));
  const i = vector % (width / 4);
  return 2 * (8 * (i >> 2) + 4 * (group & 1) + (i & 3)) + (group >> 1);
}

interface Query {
  readonly levels: Uint8Array;
  readonly unit: number;
  readonly offset: number;
  readonly anchorWeight: number;
  readonly biases: Float64Array;
  readonly best: Reservoir;
}

/** The lists lie within their column, and what is by position reaches their ends. */
function checkLists(arrays: ScanListsArrays): void {
  const [codes, offsets, counts, firsts, live, filter, ids, levels, , , , , , wanted] = arrays;
  const pairs = levels.length / 32 / wanted.length;
  for (let list = 0; list < counts.length; list++) {
    const count = counts[list]!;
    const rest = count % 64;
    const slots = count - rest + (rest > 32 ? 64 : rest > 0 ? 32 : 0);
    assert(Number(offsets[list]!) + slots * (pairs + 4) <= codes.length, 'refused: a list passes the end of the codes');
    const end = firsts[list]! + count;
    const hasBits = (live === null || live.length * 8 >= end) && (filter === null || filter.length * 8 >= end);
    assert(hasBits && (ids === null || ids.length >= end), 'refused: live, filter and ids reach every position');
  }
}

function queriesOf(arrays: ScanListsArrays): Query[] {
  checkLists(arrays);
  const [, , counts, , , , , levels, queries, places, scores, entries, , wanted] = arrays;
  const levelBytes = levels.length / wanted.length;
  const room = scores.length / wanted.length;
  const width = 4 + counts.length;
  return Array.from(wanted, (count, q) => {
    const header = queries.subarray(q * width, (q + 1) * width);
    const columns = {
      positions: places.subarray(2 * q * room, (2 * q + 1) * room),
      lists: places.subarray((2 * q + 1) * room, (2 * q + 2) * room),
      scores: scores.subarray(q * room, (q + 1) * room),
      capacity: Math.floor(entries.length / (4 * wanted.length)),
    };
    return {
      levels: levels.subarray(q * levelBytes, (q + 1) * levelBytes),
      unit: header[0]!,
      offset: header[1]!,
      anchorWeight: header[2]!,
      biases: header.subarray(4),
      best: new Reservoir(columns, count, header[3]!),
    };
  });
}

function scanList(arrays: ScanListsArrays, list: number, query: Query): void {
  const [codes, offsets, counts, firsts, live, filter, ids] = arrays;
  const bias = query.biases[list]!;
  if (Number.isNaN(bias)) return;
  const count = counts[list]!;
  const blocks = codes.subarray(Number(offsets[list]!));
  for (let v = 0; v < count; v++) {
    const position = firsts[list]! + v;
    if (!isLive(live, position) || !isLive(filter, position)) continue;
    const score = integerScore(blocks, count, v, query) * query.unit + bias;
    if (score >= query.best.threshold)
      query.best.offer({ score, tie: ids === null ? BigInt(position) : ids[position]!, position, list });
  }
}

function integerScore(blocks: Uint8Array, count: number, vector: number, query: Query): number {
  const { levels } = query;
  const pairs = levels.length / 32;
  const { code, width, factor } = placeOf(pairs, count, vector);
  let sum = query.offset;
  for (let p = 0; p < pairs; p++) {
    const byte = blocks[code + p * width]!;
    sum += levels[32 * p + (byte & 15)]! + levels[32 * p + 16 + (byte >> 4)]!;
  }
  return int16At(blocks, factor) * sum + int16At(blocks, factor + 2) * query.anchorWeight;
}

function int16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
}

interface Entry {
  readonly score: number;
  readonly tie: bigint;
  readonly position: number;
  readonly list: number;
}

interface Columns {
  readonly positions: Uint32Array;
  readonly lists: Uint32Array;
  readonly scores: Float64Array;
  readonly capacity: number;
}

/** reservoir.h with a sort for its quickselect: it keeps the same entries. */
class Reservoir {
  private entries: Entry[] = [];

  constructor(
    private readonly columns: Columns,
    private readonly wanted: number,
    public threshold: number,
  ) {}

  offer(entry: Entry): void {
    this.entries.push(entry);
    if (this.entries.length < this.columns.capacity) return;
    this.shrink();
    this.threshold = this.entries[this.wanted - 1]!.score;
  }

  finish(): number {
    this.shrink();
    this.entries.forEach(({ score, position, list }, at) => {
      this.columns.scores[at] = score;
      this.columns.positions[at] = position;
      this.columns.lists[at] = list;
    });
    return this.entries.length;
  }

  private shrink(): void {
    this.entries.sort((a, b) => b.score - a.score || (a.tie < b.tie ? -1 : 1));
    this.entries.length = Math.min(this.entries.length, this.wanted);
  }
}
