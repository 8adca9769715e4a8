import assert from 'node:assert/strict';
import type { Random } from '../../../base/random.js';
import { floatOfHalf, toFloat16 } from '../../../kernels/float16/portable.js';
import type { NativeKernels, RowColumnArrays, SearchColumnArrays } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bytesOfList, codebookOf, randomLists, scales } from '../coded.js';
import { normals, onBoth, testRandom } from '../pair.js';

const sizes = [0, 1, 31, 32, 33, 64, 65, 96, 130];

interface Index {
  readonly dim: number;
  readonly dsub: number;
  readonly words: Float32Array;
  readonly lists: number;
  readonly bases: Float32Array;
  readonly centroids: Float32Array;
  readonly columns: readonly SearchColumnArrays[];
  /** Behind the columns. */
  readonly rowColumns?: readonly RowColumnArrays[];
  /** The further lists of columns, by their numbers: behind all of these. */
  readonly further?: readonly (readonly [first: number, column: SearchColumnArrays | RowColumnArrays])[];
}

interface Asked {
  readonly queries?: number;
  readonly nprobe?: number;
  readonly candidates?: number;
  readonly wanted?: number;
  readonly refined?: number;
  readonly k?: number;
  readonly threshold?: number;
  readonly last?: number;
  readonly probes?: readonly number[];
  readonly biases?: readonly number[];
  readonly filters?: readonly (Uint8Array | null)[];
  readonly cancel?: Uint8Array;
  readonly threads?: number;
}

/** Two columns by default, of the same lists in another order of sizes; records are random bytes with factors that are numbers. */
function indexOf(random: Random, dim: number, rest: { dsub?: number; columns?: number; values?: number } = {}): Index {
  const { dsub = dim === 1 ? 1 : 4, columns = 2, values } = rest;
  const subquantizers = Math.ceil(dim / dsub);
  const lists = sizes.length;
  return {
    ...{ dim, dsub, lists, words: codebookOf(random, { subquantizers, dsub }) },
    bases: normals(random, lists * dim, dim),
    centroids: normals(random, lists * dim, dim),
    columns: Array.from({ length: columns }, (_, c) => {
      const turned = [...sizes.slice(c), ...sizes.slice(0, c)];
      const made = randomLists(random, subquantizers, turned, values);
      const rows = turned.reduce((sum, size) => sum + size, 0);
      const ids = BigUint64Array.from({ length: rows }, (_, row) => BigInt((rows - row) * columns + c));
      const records = recordsOf(random, rows, subquantizers * dsub);
      const vectors = halves(normals(random, rows * dim, dim));
      return [made.codes, made.offsets, made.counts, made.firsts, ids, records, null, vectors, null];
    }),
  };
}

function recordsOf(random: Random, rows: number, dim: number): Uint8Array {
  const size = 6 + ((dim + 31) & ~31) / 2;
  const records = Uint8Array.from({ length: rows * size }, () => random.below(256));
  for (let row = 0; row < rows; row++) records.set([0x11, 0x20 + random.below(8), 0, 0x3c, 7, 0xa0], row * size);
  return records;
}

async function run(kernels: NativeKernels, index: Index, asked: Asked, isAsync = false) {
  const { dim, lists } = index;
  const { queries = 1, nprobe = lists, candidates = 0, wanted = 40, k = 10, threshold = -Infinity, last = 4 } = asked;
  const { threads = 1 } = asked;
  const refined = asked.refined ?? 2 * k;
  const rows = new Int8Array(lists * ((dim + 31) & ~31));
  const rowScales = new Float32Array(lists);
  kernels.quantizeCentroids(index.centroids, dim, rows, rowScales);
  const searcher = kernels.openSearcher(
    ...([index.words, index.dsub, scales, dim, lists, index.bases, index.centroids, rows, rowScales] as const),
  );
  for (const column of index.columns) kernels.addSearchColumn(searcher, ...column);
  for (const column of index.rowColumns ?? []) kernels.addRowColumn(searcher, ...column);
  for (const [first, column] of index.further ?? []) {
    if (column.length === 9) kernels.addSearchColumn(searcher, ...column);
    else kernels.addRowColumn(searcher, ...column);
    kernels.setFirstColumn(searcher, first);
  }
  const vectors = normals(testRandom(), queries * dim, dim);
  const own = {
    probes: new Uint32Array(queries * nprobe).map((_, i) => asked.probes?.[i % nprobe] ?? i % nprobe),
    biases: new Float64Array(queries * nprobe).map((_, i) => asked.biases?.[i % nprobe] ?? 0),
    ids: new BigUint64Array(queries * k),
    scores: new Float64Array(queries * k),
    places: new Uint32Array(queries * 3 * k),
    found: new Float64Array(queries * 3),
  };
  const parameters = Float64Array.of(queries, nprobe, candidates, wanted, refined, k, threshold);
  const all = Float64Array.of(...parameters, asked.biases === undefined ? 0 : 1, last, threads - 1);
  const work = new Uint8Array(kernels.searchWorkBytes(searcher, wanted, threads));
  const { probes, biases, ids, scores, places, found } = own;
  const scratch = kernels.openScratch(queries, all, vectors, probes, biases, ids, scores, places, found, work);
  const filters = asked.filters ?? null;
  const done = isAsync
    ? await kernels.searchAsync(searcher, scratch, filters, asked.cancel ?? new Uint8Array(1))
    : kernels.search(searcher, scratch, filters);
  kernels.closeSearcher(searcher);
  return { done, ...own };
}

function halves(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  toFloat16(values, bits);
  return bits;
}

function productOf(query: Float32Array, vectors: Uint16Array, row: number): number {
  return query.reduce((sum, value, j) => sum + value * floatOfHalf(vectors[row * query.length + j]!), 0);
}

async function agree(index: Index, asked: Asked = {}) {
  const { expected, actual } = await onBoth((kernels) => run(kernels, index, asked));
  assert.deepEqual(actual, expected);
  assert.deepEqual(await run(portableKernels, index, asked), expected, 'the portable twin');
  return expected;
}

describe('the search of lists', () => {
  for (const dim of [1, 3, 4, 17, 384, 1024, 2048]) {
    it(`finds what the reference finds, bit for bit, in lists of 0 to 130 vectors of ${dim} dimensions`, async () => {
      const index = indexOf(testRandom(), dim);
      await agree(index, { nprobe: 4, candidates: 6 });
      const all = await agree(index, { candidates: sizes.length, wanted: 2000, refined: 2000, k: 1500 });
      const rows = index.columns.reduce((sum, column) => sum + column[4].length, 0);
      assert.deepEqual([...all.found], [sizes.length, rows, rows]);
      await agree(index, { wanted: 1, refined: 1, k: 1 });
      await agree(index, { last: 3, nprobe: 5, candidates: 5 });
      await agree(index, { last: 5, nprobe: 5, candidates: 5, refined: 25 });
      await agree(index, { queries: 3, nprobe: 2, candidates: 3, wanted: 300 });
    });
  }

  it('scores 4,096 dimensions in 512 subquantizers', async () => {
    await agree(indexOf(testRandom(), 4096, { dsub: 8, columns: 1 }), { nprobe: 3, candidates: 4 });
  });

  it('gives the best by both codes in the order of their scores, each with its place', async () => {
    const index = indexOf(testRandom(), 24);
    const { scores, ids, places, found } = await agree(index, { k: 30, wanted: 100, refined: 100 });
    assert.equal(found[1], 30);
    for (let i = 0; i < 30; i++) {
      if (i > 0) assert.ok(scores[i - 1]! >= scores[i]!);
      const column = index.columns[places[i]!]!;
      const [position, list] = [places[30 + i]!, places[60 + i]!];
      assert.equal(column[4][position], ids[i]);
      const row = position - column[3][list]!;
      assert.ok(row >= 0 && row < column[2][list]!);
    }
  });

  it('orders equal scores by id across columns', async () => {
    const index = indexOf(testRandom(), 8, { values: 0 });
    const { ids } = await agree(index, { biases: sizes.map(() => 1), last: 3, k: 50, wanted: 60 });
    const every = index.columns.flatMap((column) => [...column[4]]).sort((a, b) => (a < b ? -1 : 1));
    assert.deepEqual([...ids], every.slice(0, 50));
  });

  it('finds the codes of vectors whose factor is zero again', async () => {
    await agree(indexOf(testRandom(), 20, { values: 1 }), { wanted: 500, refined: 20, k: 20 });
  });

  it('reads the lists that it is given, and none whose bias is NaN', async () => {
    const index = indexOf(testRandom(), 17);
    const given = { nprobe: 3, probes: [8, 2, 4], biases: [0.5, NaN, 0.25] };
    const { places, found } = await agree(index, { ...given, k: 100, wanted: 100 });
    const lists = new Set(places.subarray(200, 200 + found[1]!));
    assert.deepEqual(
      [...lists].sort((a, b) => a - b),
      [4, 8],
    );
  });

  it('routes to the lists with the nearest centroids, nearest first', async () => {
    const index = indexOf(testRandom(), 33);
    const few = await agree(index, { nprobe: 5, candidates: sizes.length, last: 1 });
    const query = normals(testRandom(), 33, 33);
    const products = sizes.map((_, list) =>
      query.reduce((sum, value, j) => sum + value * index.centroids[list * 33 + j]!, 0),
    );
    const expected = sizes.map((_, list) => list).sort((a, b) => products[b]! - products[a]!);
    assert.deepEqual([...few.probes], expected.slice(0, 5));
  });

  it('counts only positions that are live and pass the filter, also none', async () => {
    const random = testRandom();
    const index = indexOf(random, 16);
    const bitmap = (rows: number, percent: number) =>
      Uint8Array.from({ length: (rows + 7) >> 3 }, () => (random.below(100) < percent ? random.below(256) : 0));
    for (const percent of [0, 5, 60, 100]) {
      const columns = index.columns.map((column): SearchColumnArrays => {
        const [codes, offsets, counts, firsts, ids, records, , vectors] = column;
        return [codes, offsets, counts, firsts, ids, records, bitmap(ids.length, 90), vectors, null];
      });
      const filters = columns.map((column, c) => (c === 0 ? bitmap(column[4].length, percent) : null));
      const { places, found } = await agree({ ...index, columns }, { filters, k: 300, wanted: 700, refined: 300 });
      for (let i = 0; i < found[1]!; i++) {
        const [c, position] = [places[i]!, places[300 + i]!];
        const bit = (bits: Uint8Array | null) => bits === null || ((bits[position >> 3]! >> (position & 7)) & 1) === 1;
        assert.ok(bit(columns[c]![6]) && bit(filters[c]!));
      }
    }
  });

  it('leaves out first scores below the threshold', async () => {
    const index = indexOf(testRandom(), 12);
    const all = await agree(index, { last: 3, k: 40 });
    const { found } = await agree(index, { last: 3, k: 40, threshold: all.scores[20]! });
    assert.equal(found[1], 21);
  });

  it('ends with first scores where a column has no second code', async () => {
    const index = indexOf(testRandom(), 12);
    const [codes, offsets, counts, firsts, ids] = index.columns[0]!;
    const columns = [
      [codes, offsets, counts, firsts, ids, null, null, null, null] as SearchColumnArrays,
      index.columns[1]!,
    ];
    assert.deepEqual(await agree({ ...index, columns }), await agree({ ...index, columns }, { last: 3 }));
  });

  it('ends with the products of the vectors, of first survivors where there is no second code', async () => {
    const index = indexOf(testRandom(), 33);
    const all = { last: 5, wanted: 2000, refined: 2000, k: 10 };
    const { ids, scores } = await agree(index, all);
    const query = normals(testRandom(), 33, 33);
    const exact = index.columns.flatMap(([, , , , own, , , vectors]) =>
      [...own].map((id, row) => ({ id, score: productOf(query, vectors!, row) })),
    );
    exact.sort((a, b) => b.score - a.score);
    assert.deepEqual([...ids], exact.slice(0, 10).map(({ id }) => id)); // prettier-ignore
    exact.slice(0, 10).forEach(({ score }, i) => assert.ok(Math.abs(score - scores[i]!) < 1e-5));
    const columns = index.columns.map(([codes, offsets, counts, firsts, own, , live, vectors]): SearchColumnArrays => {
      return [codes, offsets, counts, firsts, own, null, live, vectors, null];
    });
    assert.deepEqual((await agree({ ...index, columns }, all)).ids, ids);
  });

  it('ends with both codes where a column has no vectors', async () => {
    const index = indexOf(testRandom(), 12);
    const [codes, offsets, counts, firsts, ids, records] = index.columns[0]!;
    const columns = [
      [codes, offsets, counts, firsts, ids, records, null, null, null] as SearchColumnArrays,
      index.columns[1]!,
    ];
    assert.deepEqual(await agree({ ...index, columns }, { last: 5 }), await agree({ ...index, columns }));
  });

  it('answers a vector that lies in several lists once, by the rows of its bitmaps, ids and vectors', async () => {
    const random = testRandom();
    const index = indexOf(random, 20);
    const columns = index.columns.map(([codes, offsets, counts, firsts, ids, records]): SearchColumnArrays => {
      const some = ids.slice(0, (2 * ids.length) / 3);
      const rows = Uint32Array.from(ids, (_, position) => (position * 7) % some.length);
      const live = Uint8Array.from({ length: (some.length + 7) >> 3 }, () => 255 - (1 << random.below(8)));
      return [codes, offsets, counts, firsts, some, records, live, halves(normals(random, some.length * 20, 20)), rows];
    });
    const filters = [null, new Uint8Array((columns[1]![4].length + 7) >> 3).fill(0xee)];
    for (const last of [3, 4, 5]) {
      const all = { last, filters, wanted: 2000, refined: 2000, k: 900 };
      const { ids, places, found } = await agree({ ...index, columns }, all);
      assert.equal(new Set(ids.subarray(0, found[1])).size, found[1]);
      for (let i = 0; i < found[1]!; i++) {
        const [, , , , own, , live] = columns[places[i]!]!;
        const row = places[900 + i]!;
        assert.equal(own[row], ids[i]);
        assert.ok(((live![row >> 3]! >> (row & 7)) & 1) === 1 && (places[i] === 0 || row % 4 !== 0));
      }
      await agree({ ...index, columns }, { last, filters, wanted: 30, refined: 15, k: 10, nprobe: 4, candidates: 6 });
    }
  });

  it('survives queries and tables of NaN, infinity and zeros', async () => {
    for (const value of [NaN, Infinity, 0]) {
      const index = indexOf(testRandom(), 40);
      index.bases.fill(value);
      await agree(index, { nprobe: 4, candidates: 6 });
      index.centroids.fill(value);
      await agree(index, { nprobe: 4, candidates: 6 });
    }
  });

  it('gives the event loop the same answer, and stops when asked to', async () => {
    const index = indexOf(testRandom(), 96);
    const { actual } = await onBoth(async (kernels) => ({
      now: await run(kernels, index, {}),
      later: await run(kernels, index, {}, true),
      stopped: await run(kernels, index, { cancel: Uint8Array.of(1) }, true),
    }));
    assert.deepEqual(actual.later, actual.now);
    assert.equal(actual.stopped.done, -1);
  });

  it('scores rows outside of lists as those in lists, in the same order', async () => {
    for (const dim of [1, 17, 384]) {
      const index = indexOf(testRandom(), dim);
      const inRows = { ...index, columns: index.columns.slice(0, 1), rowColumns: [rowsOf(index, 1)] };
      for (const asked of [
        {},
        { nprobe: 4 },
        { last: 3, wanted: 300, k: 200 },
        { wanted: 2000, refined: 2000, k: 1200 },
      ]) {
        const { ids, scores, found } = await agree(index, asked);
        const other = await agree(inRows, asked);
        assert.deepEqual([other.ids, other.scores, other.found[1]], [ids, scores, found[1]]);
      }
    }
  });

  it('reads only rows that pass the filter, and none of a list that there is not', async () => {
    const random = testRandom();
    const index = indexOf(random, 16);
    const [codes, factors, lists, ids, records] = rowsOf(index, 1);
    lists[5] = 4_000_000_000;
    const filter = Uint8Array.from({ length: (ids.length + 7) >> 3 }, () => random.below(256));
    const of = {
      ...index,
      columns: index.columns.slice(0, 1),
      rowColumns: [[codes, factors, lists, ids, records] as RowColumnArrays],
    };
    const asked = { filters: [null, filter], k: 1000, wanted: 1000, refined: 1000 };
    const { places, found } = await agree(of, asked);
    const rows = [...places.subarray(1000, 1000 + found[1]!)].filter((_, i) => places[i] === 1);
    const expected = [...ids.keys()].filter((row) => row !== 5 && ((filter[row >> 3]! >> (row & 7)) & 1) === 1);
    assert.deepEqual(
      rows.sort((a, b) => a - b),
      expected,
    );
  });

  it('refuses columns of rows that are not whole', async () => {
    const index = indexOf(testRandom(), 16);
    const [codes, factors, lists, ids, records] = rowsOf(index, 0);
    await onBoth((kernels) => {
      const open = () => kernels.openSearcher(index.words, 4, scales, 16, sizes.length, null, null, null, null);
      const wrong: RowColumnArrays[] = [
        [codes.subarray(1), factors, lists, ids, records],
        [codes, factors.subarray(2), lists, ids, records],
        [codes, factors, lists.subarray(1), ids, records],
        [codes, factors, lists, ids, records!.subarray(1)],
        [new Uint8Array(0), new Int16Array(0), new Uint32Array(0), new BigUint64Array(0), null],
      ];
      for (const column of wrong) assert.throws(() => kernels.addRowColumn(open(), ...column));
      kernels.addRowColumn(open(), codes, factors, lists, ids, records);
    });
  });

  describe('of vectors that lie in two lists', () => {
    for (const dim of [1, 17, 384]) {
      it(`scores them by the second codes of their first, in lists as in rows, of ${dim} dimensions`, async () => {
        const index = withFurther(indexOf(testRandom(), dim));
        const inRows = {
          ...index,
          columns: index.columns.slice(0, 1),
          rowColumns: [rowsInOrder(index, index.columns[1]!)],
          further: [index.further[0]!, [1, furtherRows(index, index.further[1]!)] as const],
        };
        for (const asked of [
          {},
          { nprobe: 3 },
          { nprobe: 2, probes: [5, 8], last: 3, wanted: 300, k: 200 },
          { nprobe: 1, probes: [4], wanted: 2000, refined: 2000, k: 1200 },
          { wanted: 2000, refined: 2000, k: 1200 },
        ]) {
          const found = await agree(index, asked);
          const rows = await agree(inRows, asked);
          assert.deepEqual([rows.ids, rows.scores, rows.found[1]], [found.ids, found.scores, found.found[1]]);
        }
      });
    }

    it('answers each once, under the column and list that it lies in first, with the score that it has there', async () => {
      const index = withFurther(indexOf(testRandom(), 20));
      const k = 1200;
      const all = await agree(index, { wanted: 2000, refined: 2000, k });
      const alone = await agree({ ...index, further: [] }, { wanted: 2000, refined: 2000, k });
      const scores = new Map(Array.from(alone.ids.subarray(0, alone.found[1]), (id, i) => [id, alone.scores[i]]));
      // Of a list the vectors that lie there first or second; all of them have the score of their first.
      const some = await agree(index, { wanted: 2000, refined: 2000, k, nprobe: 1, probes: [6] });
      let others = 0;
      for (const { ids, places, found, scores: own } of [all, some]) {
        assert.equal(new Set(ids.subarray(0, found[1])).size, found[1]);
        for (let i = 0; i < found[1]!; i++) {
          const [column, row, list] = [places[i]!, places[k + i]!, places[2 * k + i]!];
          const [, , counts, firsts, columnIds] = index.columns[column]!;
          assert.equal(columnIds[row], ids[i]);
          assert.ok(row >= firsts[list]! && row < firsts[list]! + counts[list]!);
          assert.equal(own[i], scores.get(ids[i]!));
          others += list === 6 ? 0 : 1;
        }
      }
      assert.ok(others > 0 && all.found[1] === alone.found[1] && some.found[1]! < all.found[1]!);
    });

    it('ends with the products of their vectors, and with first scores where there is no second code', async () => {
      const index = withFurther(indexOf(testRandom(), 20));
      const [exact, plain] = [
        { last: 5, wanted: 2000, refined: 2000, k: 10 },
        { wanted: 2000, k: 50 },
      ];
      assert.deepEqual((await agree(index, exact)).ids, (await agree({ ...index, further: [] }, exact)).ids);
      const columns = index.columns.map((column) => column.with(5, null) as unknown as SearchColumnArrays);
      assert.deepEqual(
        await agree({ ...index, columns }, plain),
        await agree({ ...index, columns }, { ...plain, last: 3 }),
      );
    });

    it('counts those that pass the filter, in any list', async () => {
      const random = testRandom();
      const index = withFurther(indexOf(random, 16));
      const filters = index.columns.map((column) =>
        Uint8Array.from({ length: (column[4].length + 7) >> 3 }, () => random.below(256)),
      );
      const k = 1200;
      const both = { filters: [...filters, ...filters], wanted: 2000, refined: 2000, k };
      const { places, found } = await agree(index, both);
      const passing = filters.map((bits, c) =>
        [...index.columns[c]![4].keys()].filter((row) => ((bits[row >> 3]! >> (row & 7)) & 1) === 1),
      );
      const rows = filters.map((_, c) => [...places.subarray(k, k + found[1]!)].filter((__, i) => places[i] === c));
      assert.deepEqual(
        rows.map((own) => own.sort((a, b) => a - b)),
        passing,
      );
    });

    it('refuses columns that do not belong together', async () => {
      const index = withFurther(indexOf(testRandom(), 16));
      const [one, other] = index.columns;
      const copy = index.further[0]![1];
      const gap = one!.with(3, one![3].map((first) => first + 1)) as unknown as SearchColumnArrays; // prettier-ignore
      const far = one!.with(4, new BigUint64Array(one![4].length + 1)).with(5, null).with(7, null); // prettier-ignore
      await onBoth((kernels) => {
        const open = (bases: Float32Array | null = index.bases) =>
          kernels.openSearcher(index.words, 4, scales, 16, sizes.length, bases, null, null, null);
        const join = (columns: readonly SearchColumnArrays[], first: number, bases?: Float32Array | null) => {
          const searcher = open(bases);
          for (const column of columns) kernels.addSearchColumn(searcher, ...column);
          kernels.setFirstColumn(searcher, first);
          return searcher;
        };
        for (const first of [-1, 0.5, 1, 2, NaN]) assert.throws(() => join([one!, copy], first));
        assert.throws(() => join([one!], 0));
        assert.throws(() => join([], 0));
        assert.throws(() => join([other!, copy], 0));
        assert.throws(() => join([one!, copy], 0, null));
        const wide = far as unknown as SearchColumnArrays;
        assert.throws(() => join([wide, copy.with(4, wide[4]) as unknown as SearchColumnArrays], 0));
        assert.throws(() => join([gap, copy], 0));
        const searcher = join([one!, copy], 0);
        kernels.addSearchColumn(searcher, ...copy);
        assert.throws(() => kernels.setFirstColumn(searcher, 1));
      });
      await assert.rejects(run(portableKernels, index, { biases: sizes.map(() => 1) }), /refused|biases/);
      await onBoth((kernels) => assert.rejects(run(kernels, index, { biases: sizes.map(() => 1) }))); // prettier-ignore
    });
  });

  it('reads given lists in the order of their biases, the nearest first', async () => {
    const index = indexOf(testRandom(), 33);
    const { probes, biases } = await agree(index, { nprobe: 4, probes: [7, 1, 5, 2] });
    assert.deepEqual([...probes].sort(), [1, 2, 5, 7]);
    assert.deepEqual(
      [...biases].sort((a, b) => b - a),
      [...biases],
    );
  });

  it('finds the same with any number of threads', async () => {
    const index = indexOf(testRandom(), 40, { columns: 7 });
    const of = { ...index, columns: index.columns.slice(0, 4), rowColumns: [4, 5, 6].map((c) => rowsOf(index, c)) };
    for (const asked of [{ k: 20 }, { wanted: 900, refined: 900, k: 800 }, { nprobe: 2, k: 5 }]) {
      const alone = await agree(of, asked);
      const { actual } = await onBoth(async (kernels) => {
        const found = [];
        for (let round = 0; round < 20; round++)
          for (const threads of [1, 2, 4, 16]) found.push(await run(kernels, of, { ...asked, threads }, true));
        return found;
      });
      for (const found of actual) assert.deepEqual(found, alone);
    }
  });

  it('answers one query over another searcher from the same scratch, and refuses a closed one', async () => {
    const index = indexOf(testRandom(), 16, { columns: 1 });
    await onBoth((kernels) => {
      const searcher = kernels.openSearcher(index.words, 4, scales, 16, sizes.length, null, null, null, null);
      kernels.closeSearcher(searcher);
      kernels.closeSearcher(searcher);
      assert.throws(() => kernels.addSearchColumn(searcher, ...index.columns[0]!), /closed/);
    });
  });
});

/** `index` with every vector but each fifth in another list too, where it has another code. */
function withFurther(index: Index) {
  const random = testRandom();
  const subquantizers = Math.ceil(index.dim / index.dsub);
  const further = index.columns.map(([, , counts, , ids], first): readonly [number, SearchColumnArrays] => {
    const own = Uint32Array.from([...counts].flatMap((count, list) => Array.from({ length: count }, () => list)));
    const lists = own.map((list) => (list + 1 + random.below(sizes.length - 1)) % sizes.length);
    const members = sizes.map((_, list) => [...ids.keys()].filter((row) => row % 5 > 0 && lists[row] === list));
    const turned = members.map((rows) => rows.length);
    const made = randomLists(random, subquantizers, turned);
    const rows = Uint32Array.from(members.flat());
    return [first, [made.codes, made.offsets, made.counts, made.firsts, ids, null, null, null, rows]];
  });
  return { ...index, further };
}

/** A column of lists as rows in their order. */
function rowsInOrder(index: Index, column: SearchColumnArrays): RowColumnArrays {
  const [codes, factors, lists, , records] = rowsOf({ ...index, columns: [column] }, 0, (position) => position);
  return [codes, factors, lists, column[4], records];
}

/** Further lists as rows, those of which there is none in no list. */
function furtherRows(index: Index, [, column]: readonly [number, SearchColumnArrays]): RowColumnArrays {
  const [codes, offsets, counts, firsts, ids, , , , rows] = column;
  const places = BigUint64Array.from(rows!, BigInt);
  const records = recordsOf(testRandom(), rows!.length, Math.ceil(index.dim / index.dsub) * index.dsub);
  const own = rowsInOrder(index, [codes, offsets, counts, firsts, places, records, null, null, null]);
  const pairs = own[0].length / rows!.length;
  const all: RowColumnArrays = [
    ...([new Uint8Array(ids.length * pairs), new Int16Array(2 * ids.length)] as const),
    ...([new Uint32Array(ids.length).fill(0xffffffff), ids, null] as const),
  ];
  rows!.forEach((row, position) => {
    all[0].set(own[0].subarray(position * pairs, (position + 1) * pairs), row * pairs);
    all[1].set(own[1].subarray(2 * position, 2 * position + 2), 2 * row);
    all[2][row] = own[2][position]!;
  });
  // The very array: that is how columns of the same vectors are known.
  return all;
}

/** A column of lists as rows, those of all lists mixed, each with the id and record that it has there. */
function rowsOf(
  { columns, dim, dsub }: Index,
  c: number,
  mix = (a: number): number => (a * 7919) % 1009,
): RowColumnArrays {
  const [codes, offsets, counts, firsts, ids, records] = columns[c]!;
  const pairs = (Math.ceil(Math.ceil(dim / dsub) / 4) * 4) / 2;
  const of = (position: number): number =>
    counts.findIndex((count, l) => position < firsts[l]! + count && position >= firsts[l]!);
  const order = [...ids.keys()].sort((a, b) => mix(a) - mix(b) || a - b);
  const rows = { codes: new Uint8Array(ids.length * pairs), factors: new Int16Array(2 * ids.length) };
  const unpacked = [...counts].map((count, list) => {
    const own = { codes: new Uint8Array(count * pairs), factors: new Int16Array(2 * count) };
    const start = Number(offsets[list]!);
    portableKernels.unpackBlocks(
      own.codes,
      own.factors,
      pairs,
      codes.subarray(start, start + bytesOfList(pairs, count)),
    );
    return own;
  });
  const size = records!.length / ids.length;
  const own = new Uint8Array(records!.length);
  order.forEach((position, row) => {
    const list = of(position);
    const at = position - firsts[list]!;
    rows.codes.set(unpacked[list]!.codes.subarray(at * pairs, (at + 1) * pairs), row * pairs);
    rows.factors.set(unpacked[list]!.factors.subarray(2 * at, 2 * at + 2), 2 * row);
    own.set(records!.subarray(position * size, (position + 1) * size), row * size);
  });
  const lists = Uint32Array.from(order, of);
  return [rows.codes, rows.factors, lists, BigUint64Array.from(order, (position) => ids[position]!), own];
}
