import assert from 'node:assert/strict';
import type { RowColumnArrays, SearchColumnArrays } from '../../../kernels/native-kernels.js';
import { scales } from '../coded.js';
import { normals, onBoth, testRandom } from '../pair.js';
import { agree, halves, indexOf, productOf, rowsOf, run, sizes } from './fixtures.js';

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

  for (const queries of [2, 16, 17, 50]) {
    it(`answers ${queries} queries of one call as one after the other`, async () => {
      for (const dim of [5, 40]) {
        const index = indexOf(testRandom(), dim);
        await agree(index, { queries, nprobe: 2, candidates: 3 });
        await agree(index, { queries, nprobe: 2, candidates: 3, last: 1 });
        await agree(index, { queries, nprobe: 4, candidates: sizes.length });
      }
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

  for (const [dim, bits] of [
    [17, 4],
    [384, 4],
    [40, 3],
    [40, 7],
  ] as const) {
    it(`scans ${dim} dimensions with learned words, and scores survivors by the codes' own, of ${bits} bits`, async () => {
      const random = testRandom();
      const index = indexOf(random, dim, { bits });
      const words = normals(random, index.words.length, dim);
      const adapter = normals(random, dim * dim, dim);
      const mixed = { ...index, columns: index.columns.slice(1), rowColumns: [rowsOf(index, 0)] };
      const learned = { ...mixed, scan: { words, adapter, listBiases: normals(random, sizes.length, 1) } };
      await agree(learned, { nprobe: 4, candidates: 6 });
      await agree(learned, { last: 3 });
      const every = { wanted: 2000, refined: 2000, k: 1500 };
      const { ids, scores, found } = await agree(learned, every);
      const own = await agree(mixed, every);
      // Whatever was learned, those that survive have the scores of their codes.
      assert.deepEqual([...ids].slice(0, found[1]), [...own.ids].slice(0, own.found[1]));
      assert.deepEqual([...scores], [...own.scores]);
    });
  }

  it('scans by words of its own, and by an adapter of ones, as without', async () => {
    const index = indexOf(testRandom(), 24);
    const adapter = Float32Array.from({ length: 24 * 24 }, (_, i) => (i % 25 === 0 ? 1 : 0));
    const expected = await agree(index, { wanted: 20 });
    assert.deepEqual(
      await agree({ ...index, scan: { words: index.words, adapter: null, listBiases: null } }, { wanted: 20 }),
      expected,
    );
    assert.deepEqual(
      await agree({ ...index, scan: { words: index.words, adapter, listBiases: null } }, { wanted: 20 }),
      expected,
    );
    const turned = Float32Array.from(adapter, (value) => -value);
    const other = await agree(
      { ...index, scan: { words: index.words, adapter: turned, listBiases: null } },
      { wanted: 20 },
    );
    assert.notDeepEqual([...other.ids], [...expected.ids]);
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
      const searcher = kernels.openSearcher(index.words, 4, scales, 16, sizes.length, null, null, 4);
      kernels.closeSearcher(searcher);
      kernels.closeSearcher(searcher);
      assert.throws(() => kernels.addSearchColumn(searcher, ...index.columns[0]!), /closed/);
    });
  });
});
