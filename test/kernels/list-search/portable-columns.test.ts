import assert from 'node:assert/strict';
import type { RowColumnArrays, SearchColumnArrays } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { randomLists, scales } from '../coded.js';
import { onBoth, testRandom } from '../pair.js';
import { agree, indexOf, recordsOf, rowsOf, run, sizes, type Index } from './fixtures.js';

describe('the columns of a search of lists', () => {
  it('refuses columns of rows that are not whole', async () => {
    const index = indexOf(testRandom(), 16);
    const [codes, factors, lists, ids, records] = rowsOf(index, 0);
    await onBoth((kernels) => {
      const open = () => kernels.openSearcher(index.words, 4, scales, 16, sizes.length, null, null, 4);
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
        kernels.openSearcher(index.words, 4, scales, 16, sizes.length, bases, null, 4);
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
