import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { codingFloats, recordBytes, secondBitsMax } from '../../../kernels/codes.js';
import { queryLevels } from '../../../kernels/second-code/record.js';
import { bytesOfList, codebookOf, codeBytesOf, encode, metricOf, scales, tableOf, type Shape } from '../coded.js';
import { never, normals, onBoth, testRandom } from '../pair.js';

const shapes = [
  { subquantizers: 1, dsub: 1, count: 1 },
  { subquantizers: 8, dsub: 4, count: 33 },
  { subquantizers: 25, dsub: 4, count: 70 },
  { subquantizers: 96, dsub: 4, count: 100 },
  { subquantizers: 97, dsub: 5, count: 9 },
];
const kinds = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

function collection({ count, kind = 4, ...shape }: Shape & { count: number; kind?: number }) {
  const random = testRandom();
  const dim = shape.subquantizers * shape.dsub;
  const [base, anchor] = [normals(random, dim, dim), normals(random, dim, dim)];
  const codebook = codebookOf(random, shape).map((value) => value / 4);
  const points = normals(random, count * dim, dim);
  const query = normals(random, dim, dim);
  const feedback = kind > secondBitsMax ? normals(random, dim * 128, 400) : null;
  return { ...shape, count, kind, dim, base, anchor, feedback, codebook, points, query };
}

type Collection = ReturnType<typeof collection>;

function recordsOf(kernels: NativeKernels, of: Collection): Uint8Array {
  const { codes } = encode(kernels, of.points, of);
  const records = new Uint8Array(of.count * recordBytes(of.dim, of.kind));
  kernels.encodeSecond(
    of.points,
    of.base,
    of.anchor,
    of.codebook,
    of.dsub,
    codes,
    new Float32Array(3 * of.dim),
    records,
    of.kind,
    of.feedback,
  );
  return records;
}

/** Scores of all vectors, which lie in two lists, in reverse order. */
function scores(kernels: NativeKernels, of: Collection, records: Uint8Array) {
  const { codes, factors } = encode(portableKernels, of.points, of);
  const pairs = codeBytesOf(of.subquantizers);
  const counts = [of.count >> 1, of.count - (of.count >> 1)];
  const lists = counts.map((count, list) => {
    const from = list * counts[0]!;
    const blocks = new Uint8Array(bytesOfList(pairs, count));
    portableKernels.packBlocks(
      codes.subarray(from * pairs, (from + count) * pairs),
      factors.subarray(2 * from, 2 * (from + count)),
      pairs,
      blocks,
    );
    return blocks;
  });
  const { tables } = tableOf(kernels, of.codebook, of.query, of);
  const levels = new Int8Array(queryLevels(of.dim, of.kind));
  const halfUnit = kernels.quantizeQuery(of.query, levels);
  const bias = of.base.reduce((sum, value, j) => sum + value * of.query[j]!, 0);
  const positions = Uint32Array.from({ length: of.count }, (_, i) => of.count - 1 - i);
  const found = new Float64Array(of.count);
  const done = kernels.scoreSurvivors(
    ...([tables, levels, halfUnit, of.dim, Uint8Array.from(lists.flatMap((list) => [...list]))] as const),
    ...([BigUint64Array.of(0n, BigInt(lists[0]!.length)), Uint32Array.from(counts)] as const),
    ...([Uint32Array.of(0, counts[0]!), Float64Array.of(bias, bias), records, positions] as const),
    ...([positions.map((position) => Number(position >= counts[0]!)), found, never(), of.kind] as const),
  );
  return { done, found: found.reverse(), levels, halfUnit };
}

describe('second codes', () => {
  const awkward = { subquantizers: 512, dsub: 8, count: 3 };
  const ofKinds = kinds.flatMap((kind) => [...shapes, awkward].map((shape) => ({ ...shape, kind })));
  for (const shape of [...shapes.map((each) => ({ ...each, kind: 4 })), ...ofKinds]) {
    const name = `kind ${shape.kind} of ${shape.count} vectors of ${shape.subquantizers} times ${shape.dsub}`;
    it(`of ${name} and the scores by them equal the reference's in every bit`, async () => {
      const of = collection(shape);
      const { expected, actual } = await onBoth((kernels) => {
        const records = recordsOf(kernels, of);
        return { records, ...scores(kernels, of, records) };
      });
      assert.deepEqual(actual, expected);
      const twin = recordsOf(portableKernels, of);
      assert.deepEqual(twin, expected.records);
      assert.deepEqual(scores(portableKernels, of, twin).found, expected.found);
    });
  }

  for (const [edition, largest] of [
    ['first', [0.06, 0.03, 0.016, 0.01, 0.0045, 0.0023, 0.0012, 0.0008]],
    ['second', [0.06, 0.03, 0.016, 0.0085, 0.0045, 0.0023, 0.0009, 0.0006]],
  ] as const) {
    it(`of the ${edition} edition score within what so many bits leave of the exact inner product`, async () => {
      let last = Infinity;
      for (const [at, most] of largest.entries()) {
        const kind = at + (edition === 'first' ? 1 : 9);
        const of = { ...collection({ subquantizers: 96, dsub: 4, count: 200, kind }), feedback: null };
        const { actual } = await onBoth((kernels) => scores(kernels, of, recordsOf(kernels, of)));
        const errors = Array.from(actual.found, (score, v) => {
          const exact = of.query.reduce((sum, value, j) => sum + value * of.points[v * of.dim + j]!, 0);
          return score - exact;
        });
        const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
        assert.ok(rms < most && rms < last, `kind ${kind}: ${rms}`);
        last = rms;
      }
    });
  }

  for (const kind of kinds) {
    it(`of kind ${kind} take values that are far from any others, and zeros`, async () => {
      const of = collection({ subquantizers: 8, dsub: 4, count: 6, kind });
      const odd = [[0], [1e-30, -1e-30], [6e4, 0], [-6e4, 6e4], [1, 0, 0, 0, 0, 0, 0, 0], [3e-5, -6e4, 0.1]];
      odd.forEach((values, v) => {
        for (let j = 0; j < of.dim; j++) of.points[v * of.dim + j] = values[j % values.length]!;
      });
      const { expected, actual } = await onBoth((kernels) => recordsOf(kernels, of));
      assert.deepEqual(actual, expected);
      assert.deepEqual(recordsOf(portableKernels, of), expected);
    });
  }

  it('of more bits read a query in two parts that give it back', async () => {
    const query = normals(testRandom(), 50, 50);
    const levels = new Int8Array(128);
    const { expected, actual } = await onBoth((kernels) => kernels.quantizeQuery(query, levels));
    assert.equal(actual, expected);
    query.forEach((value, j) => {
      const read = 2 * actual * (128 * levels[j]! + levels[64 + j]!);
      assert.ok(Math.abs(read - value) <= actual * 1.001);
    });
    assert.ok(levels.subarray(50, 64).every((level) => level === 0));
    assert.equal(portableKernels.quantizeQuery(query, levels), actual);
  });

  it('of vectors that the first code meets exactly are zeros, and score as the first code does', async () => {
    const shape = { subquantizers: 8, dsub: 4, count: 1 };
    const of = { ...collection(shape), base: new Float32Array(32) };
    for (let j = 0; j < 32; j++) of.points[j] = of.codebook[j * 16 + 3]!;
    const { actual } = await onBoth((kernels) => scores(kernels, of, recordsOf(kernels, of)));
    const exact = of.query.reduce((sum, value, j) => sum + value * of.points[j]!, 0);
    assert.ok(Math.abs(actual.found[0]! - exact) < 1e-3);
  });

  it('take a query of zeros', async () => {
    const levels = new Int8Array(32).fill(9);
    const { actual } = await onBoth((kernels) => kernels.quantizeQuery(new Float32Array(20), levels));
    assert.equal(actual, 0);
    assert.deepEqual(levels, new Int8Array(32));
  });

  for (const [dim, subquantizers, dsub, kind] of [
    [30, 8, 4, 4],
    [1, 1, 1, 4],
    [96, 24, 4, 4],
    [384, 96, 4, 4],
    [1, 1, 1, 1],
    [30, 8, 4, 3],
    [99, 25, 4, 5],
    [33, 17, 2, 8],
    [30, 8, 4, 12],
    [96, 24, 4, 12],
    [384, 96, 4, 12],
    [99, 25, 4, 15],
    [33, 17, 2, 16],
  ] as const) {
    it(`of ${dim} dimensions and kind ${kind} are the same in one go over many lists as list by list`, async () => {
      const random = testRandom();
      const [count, coded] = [40, subquantizers * dsub];
      const codebook = codebookOf(random, { subquantizers, dsub });
      const rows = (n: number) => normals(random, n * dim, dim);
      const [points, bases, anchors] = [rows(count), rows(3), rows(3)];
      const feedback = kind > secondBitsMax ? normals(random, coded * 128, 400) : null;
      const metric = kind > secondBitsMax ? metricOf(random, coded) : undefined;
      const lists = Uint32Array.from({ length: count }, () => random.below(3));
      const batch = async (kernels: NativeKernels, isAsync: boolean, stop = 0) => {
        const codes = new Uint8Array(count * codeBytesOf(subquantizers));
        const factors = new Int16Array(2 * count);
        const records = new Uint8Array(count * recordBytes(coded, kind));
        const scratch = new Float32Array(codingFloats({ subquantizers, dsub, metric }) + 2 * coded);
        const arrays = [
          ...([points, dim, lists, bases, anchors, codebook, dsub, scales, scratch] as const),
          ...([codes, factors, records, Uint8Array.of(stop), kind, feedback, metric ?? null] as const),
        ] as const;
        const done = isAsync ? await kernels.encodeBatchAsync(...arrays) : kernels.encodeBatch(...arrays);
        return { done, codes, factors, records };
      };
      const { expected, actual } = await onBoth((kernels) => batch(kernels, false));
      assert.deepEqual(actual, expected);
      assert.deepEqual(await batch(portableKernels, false), expected);
      const later = await onBoth((kernels) => batch(kernels, true));
      assert.deepEqual(later.actual, expected);
      assert.equal((await onBoth((kernels) => batch(kernels, true, 1))).actual.done, -1);
      const padded = (all: Float32Array, row: number) => {
        const own = new Float32Array(coded);
        own.set(all.subarray(row * dim, (row + 1) * dim));
        return own;
      };
      const [point, base, anchor] = [padded(points, 7), padded(bases, lists[7]!), padded(anchors, lists[7]!)];
      const one = encode(portableKernels, point, { codebook, base, anchor, subquantizers, dsub, metric });
      assert.deepEqual(one.codes, expected.codes.subarray(7 * one.codes.length, 8 * one.codes.length));
      assert.deepEqual(one.factors, expected.factors.subarray(14, 16));
    });
  }
});
