import assert from 'node:assert/strict';
import type { NativeKernels, ScanListsArrays } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bytesOfList, codeBytesOf, randomLists, type RandomLists } from '../coded.js';
import { never, onBoth, testRandom } from '../pair.js';

const sizes = [0, 1, 31, 32, 33, 63, 64, 65, 96, 97, 511, 545, 1000];
const widths = [1, 2, 8, 96, 97, 256, 512];

interface Scan {
  readonly lists: RandomLists;
  readonly subquantizers: number;
  readonly live?: Uint8Array | null;
  readonly filter?: Uint8Array | null;
  readonly ids?: BigUint64Array | null;
  readonly biases?: readonly Float64Array[];
  readonly wanted?: number;
  readonly threshold?: number;
  readonly cancel?: Uint8Array;
}

/** Levels as tables have them: four of them add up to at most 255. */
function levelsOf(subquantizers: number, seed: number): Uint8Array {
  const random = testRandom();
  for (let i = 0; i < seed; i++) random.below(2);
  return Uint8Array.from({ length: codeBytesOf(subquantizers) * 32 }, (_, i) =>
    i < subquantizers * 16 ? random.below(64) : 0,
  );
}

function arraysOf(scan: Scan): ScanListsArrays {
  const { lists, subquantizers, live = null, filter = null, ids = null, wanted = 10, threshold = -Infinity } = scan;
  const biases = scan.biases ?? [Float64Array.from(lists.counts, (_, list) => list / 8)];
  const levels = biases.map((_, q) => levelsOf(subquantizers, q));
  const headers = biases.flatMap((own) => [2 ** -20, -16 * subquantizers, 300, threshold, ...own]);
  const size = wanted * biases.length;
  return [
    ...([lists.codes, lists.offsets, lists.counts, lists.firsts, live, filter, ids] as const),
    Uint8Array.from(levels.flatMap((own) => [...own])),
    Float64Array.from(headers),
    ...([new Uint32Array(2 * size), new Float64Array(size), new Float64Array(8 * size + 20 * biases.length)] as const),
    new Uint8Array(biases.length * codeBytesOf(subquantizers) * 128 + 63),
    new Uint32Array(biases.length).fill(wanted),
    scan.cancel ?? never(),
  ];
}

function run(kernels: NativeKernels, scan: Scan) {
  const arrays = arraysOf(scan);
  const done = kernels.scanLists(...arrays);
  const room = arrays[10].length / arrays[13].length;
  return Array.from(arrays[13], (count, q) => ({
    done,
    positions: [...arrays[9].subarray(2 * q * room, 2 * q * room + count)],
    lists: [...arrays[9].subarray((2 * q + 1) * room, (2 * q + 1) * room + count)],
    scores: [...arrays[10].subarray(q * room, q * room + count)],
  }));
}

async function agree(scan: Scan) {
  const { expected, actual } = await onBoth((kernels) => run(kernels, scan));
  assert.deepEqual(actual, expected);
  assert.deepEqual(run(portableKernels, scan), expected, 'the portable twin');
  return expected;
}

describe('the scan of coded lists', () => {
  for (const subquantizers of widths) {
    it(`finds what the reference finds, bit for bit, in lists of 0 to 1,000 vectors of ${subquantizers} subquantizers`, async () => {
      const random = testRandom();
      const lists = randomLists(random, subquantizers, sizes);
      const [all] = await agree({ lists, subquantizers, wanted: 3000 });
      assert.equal(
        all!.positions.length,
        lists.counts.reduce((sum, count) => sum + count, 0),
      );
      await agree({ lists, subquantizers, wanted: 1 });
      await agree({ lists, subquantizers, wanted: 50, threshold: all!.scores[30]! });
    });
  }

  it('scores by the formula of its header', async () => {
    const lists = randomLists(testRandom(), 6, [70]);
    const [found] = await agree({ lists, subquantizers: 6, wanted: 100 });
    const levels = levelsOf(6, 0);
    const codes = new Uint8Array(70 * 4);
    const factors = new Int16Array(140);
    portableKernels.unpackBlocks(codes, factors, 4, lists.codes);
    found!.positions.forEach((v, at) => {
      const code = codes.subarray(v * 4, v * 4 + 4);
      const nibbles = [...code].flatMap((byte) => [byte & 15, byte >> 4]);
      const sum = nibbles.reduce((total, nibble, s) => total + levels[s * 16 + nibble]!, -96);
      assert.equal(found!.scores[at], (factors[2 * v]! * sum + factors[2 * v + 1]! * 300) * 2 ** -20);
    });
  });

  it('orders ties by id, and keeps the smaller ids where they are cut', async () => {
    const lists = randomLists(testRandom(), 8, [300, 40, 700], 0);
    const biases = [new Float64Array(3)];
    const [byPosition] = await agree({ lists, subquantizers: 8, biases, wanted: 25 });
    assert.deepEqual(
      byPosition!.positions,
      Array.from({ length: 25 }, (_, i) => i),
    );
    const ids = BigUint64Array.from({ length: 1040 }, (_, position) => 2n ** 60n - BigInt(position));
    const [byId] = await agree({ lists, subquantizers: 8, biases, wanted: 25, ids });
    assert.deepEqual(
      byId!.positions,
      Array.from({ length: 25 }, (_, i) => 1039 - i),
    );
  });

  it('finds the same best however the rows are cut into lists', async () => {
    const whole = randomLists(testRandom(), 96, [1000], 3);
    const codes = new Uint8Array(1000 * 48);
    const factors = new Int16Array(2000);
    portableKernels.unpackBlocks(codes, factors, 48, whole.codes);
    const counts = [1, 62, 0, 437, 500];
    const starts = [0, 1, 63, 63, 500];
    const parts = counts.map((count, i) => {
      const blocks = new Uint8Array(bytesOfList(48, count));
      const [from, to] = [starts[i]!, starts[i]! + count];
      portableKernels.packBlocks(codes.subarray(from * 48, to * 48), factors.subarray(2 * from, 2 * to), 48, blocks);
      return blocks;
    });
    const offsets = parts.map((_, i) => BigInt(parts.slice(0, i).reduce((sum, part) => sum + part.length, 0)));
    const cut = {
      codes: Uint8Array.from(parts.flatMap((part) => [...part])),
      offsets: BigUint64Array.from(offsets),
      counts: Uint32Array.from(counts),
      firsts: Uint32Array.from(starts),
    };
    const [one] = await agree({ lists: whole, subquantizers: 96, biases: [new Float64Array(1)], wanted: 60 });
    const [many] = await agree({ lists: cut, subquantizers: 96, biases: [new Float64Array(5)], wanted: 60 });
    assert.deepEqual(many!.positions, one!.positions);
    assert.deepEqual(many!.scores, one!.scores);
  });

  it('leaves out what is dead or filtered away, also all of it', async () => {
    const random = testRandom();
    const lists = randomLists(random, 96, sizes);
    const total = lists.counts.reduce((sum, count) => sum + count, 0);
    for (const percent of [0, 1, 50, 99]) {
      const bitmap = () =>
        Uint8Array.from({ length: Math.ceil(total / 8) }, () =>
          Array.from({ length: 8 }, () => random.below(100) < percent).reduce(
            (byte, bit, b) => byte | (Number(bit) << b),
            0,
          ),
        );
      const [live, filter] = [bitmap(), bitmap()];
      const counts = (p: number) => ((live[p >> 3]! & filter[p >> 3]!) >> (p & 7)) & 1;
      const [found] = await agree({ lists, subquantizers: 96, live, filter, wanted: 3000 });
      const expected = Array.from({ length: total }, (_, p) => p).filter((p) => counts(p) === 1);
      assert.deepEqual(
        [...found!.positions].sort((a, b) => a - b),
        expected,
      );
      await agree({ lists, subquantizers: 96, live: null, filter, wanted: 7 });
    }
  });

  it('answers several queries as it answers each alone, each over the lists it reads', async () => {
    const lists = randomLists(testRandom(), 24, sizes);
    const own = (from: number) => Float64Array.from(sizes, (_, list) => (list % 3 === from ? NaN : list / 4));
    const together = await agree({ lists, subquantizers: 24, biases: [own(0), own(1), own(5)], wanted: 40 });
    const [first] = await agree({ lists, subquantizers: 24, biases: [own(0)], wanted: 40 });
    assert.deepEqual(together[0], first);
    assert.ok(together[1]!.lists.every((list) => list % 3 !== 1));
    assert.equal(together[2]!.positions.length, 40);
  });

  it('stays exact at the ends of the integers', async () => {
    const subquantizers = 512;
    const lists = randomLists(testRandom(), subquantizers, [100]);
    const factors = Int16Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 32_767 : -32_768));
    const codes = new Uint8Array(100 * 256).fill(0xff);
    portableKernels.packBlocks(codes, factors, 256, lists.codes);
    const { expected, actual } = await onBoth((kernels) => {
      const arrays = arraysOf({ lists, subquantizers, wanted: 100 });
      arrays[7].fill(63);
      arrays[8].set([1, 511, 32_767]);
      kernels.scanLists(...arrays);
      return [arrays[9], arrays[10]];
    });
    assert.deepEqual(actual, expected);
  });

  it('stops when asked to', async () => {
    const lists = randomLists(testRandom(), 96, [500, 800]);
    const stopped = { lists, subquantizers: 96, cancel: Uint8Array.of(1) };
    const { expected, actual } = await onBoth((kernels) => run(kernels, stopped)[0]!.done);
    assert.deepEqual([expected, actual, run(portableKernels, stopped)[0]!.done], [-1, -1, -1]);
  });
});

describe('the blocks of a list', () => {
  for (const count of sizes) {
    it(`of ${count} vectors give back what was packed, the same bytes on both sides`, async () => {
      const random = testRandom();
      const codes = Uint8Array.from({ length: count * 14 }, () => random.below(256));
      const factors = Int16Array.from({ length: count * 2 }, () => random.below(65_536) - 32_768);
      const { expected, actual } = await onBoth((kernels) => {
        const blocks = new Uint8Array(bytesOfList(14, count)).fill(255);
        kernels.packBlocks(codes, factors, 14, blocks);
        const back = { codes: new Uint8Array(codes.length), factors: new Int16Array(factors.length) };
        kernels.unpackBlocks(back.codes, back.factors, 14, blocks);
        return { blocks, ...back };
      });
      assert.deepEqual(actual, expected);
      assert.deepEqual([actual.codes, actual.factors], [codes, factors]);
    });
  }
});
