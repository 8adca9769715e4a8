import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { ShoalError } from '../../../base/errors.js';
import {
  codeBytes,
  encodeSecond,
  encodeVectors,
  packList,
  unpackList,
  type Codebook,
  type CodedVectors,
} from '../../../kernels/codes.js';
import {
  coarseTable,
  openSearcher,
  type SearchColumn,
  type SearchRequest,
  type SearchScratch,
} from '../../../kernels/list-search.js';
import { signWords } from '../../../kernels/sign-words.js';

const [dim, lists, rows] = [32, 8, 400];
const codebook: Codebook = {
  words: signWords(dim / 4).map((word) => Math.sign(word) / 16),
  subquantizers: dim / 4,
  dsub: 4,
  rescale: 8 / 32_767,
  anchor: 4 / 32_767,
};

const random = seededRandom(7);
const centroids = Float32Array.from({ length: lists * dim }, () => random.normal() / Math.sqrt(dim));
const listOf = Uint32Array.from({ length: rows }, () => random.below(lists)).sort();
const points = Float32Array.from(
  { length: rows * dim },
  (_, i) => centroids[listOf[Math.floor(i / dim)]! * dim + (i % dim)]! + random.normal() / 12,
);
const query = centroids.slice(0, dim);

/** Rows [from, to) as a segment; ids are row numbers. */
function columnOf(from: number, to: number, coder = codebook): SearchColumn {
  const counts = new Uint32Array(lists);
  for (let row = from; row < to; row++) counts[listOf[row]!]!++;
  const firsts = Uint32Array.from(counts, (_, list) => counts.subarray(0, list).reduce((sum, own) => sum + own, 0));
  const parts = Array.from(counts, (count, list) => codedOf(list, from + firsts[list]!, count, coder));
  const blocks = parts.map(({ coded }) => packList(codebook.subquantizers, coded));
  const offsets = blocks.map((_, list) => blocks.slice(0, list).reduce((sum, own) => sum + own.length, 0));
  return {
    lists: {
      codes: Uint8Array.from(blocks.flatMap((own) => [...own])),
      offsets: BigUint64Array.from(offsets, BigInt),
      ...{ counts, firsts },
    },
    ids: BigUint64Array.from({ length: to - from }, (_, row) => BigInt(from + row)),
    records: Uint8Array.from(parts.flatMap(({ records }) => [...records])),
    live: null,
  };
}

function codedOf(
  list: number,
  first: number,
  count: number,
  coder: Codebook,
): { coded: CodedVectors; records: Uint8Array } {
  const own = points.subarray(first * dim, (first + count) * dim);
  const base = centroids.subarray(list * dim, (list + 1) * dim);
  const coded = encodeVectors(coder, own, { base, anchor: base });
  assert.equal(
    unpackList(codebook.subquantizers, packList(codebook.subquantizers, coded), count).codes.length,
    count * codeBytes(codebook.subquantizers),
  );
  return { coded, records: encodeSecond(coder, own, { base, anchor: base, ...coded }) };
}

const options = { codebook, dim, lists, bases: centroids, coarse: coarseTable(centroids, dim) };
const request: SearchRequest = {
  ...{ queries: 1, nprobe: 4, candidates: 6, hasBiases: false, wanted: 60, refined: 36, k: 10 },
  ...{ threshold: -Infinity, last: 'second' },
};
const sizes = { queries: 1, nprobe: lists, wanted: 60, k: 10 };

function exactBest(k: number): bigint[] {
  const score = (row: number) => query.reduce((sum, value, j) => sum + value * points[row * dim + j]!, 0);
  const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => score(b) - score(a));
  return order.slice(0, k).map(BigInt);
}

function hits({ ids, scores, found }: SearchScratch) {
  return { ids: [...ids.subarray(0, found[1])], scores: [...scores.subarray(0, found[1])] };
}

describe('a searcher of inverted lists', () => {
  it('finds the nearest vectors in a few lists', () => {
    const searcher = openSearcher({ ...options, columns: [columnOf(0, rows)] });
    const scratch = searcher.scratch(sizes);
    scratch.queries.set(query);
    searcher.search(scratch, request);
    const expected = new Set(exactBest(10));
    assert.ok(hits(scratch).ids.filter((id) => expected.has(id)).length >= 8);
    assert.equal(scratch.found[0], 4);
    searcher.close();
  });

  for (const secondKind of [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]) {
    it(`finds them by second codes of kind ${secondKind}`, () => {
      const coder = { ...codebook, secondKind };
      const columns = [columnOf(0, 200, coder), columnOf(200, rows, coder)];
      const searcher = openSearcher({ ...options, codebook: coder, columns });
      const scratch = searcher.scratch(sizes);
      scratch.queries.set(query);
      searcher.search(scratch, request);
      const expected = new Set(exactBest(10));
      const found = hits(scratch).ids.filter((id) => expected.has(id)).length;
      assert.ok(found >= (secondKind % 8 === 1 ? 6 : 8), `${found} of 10`);
      searcher.close();
    });
  }

  it('gives the same hits whatever segments the rows lie in, and as a job', async () => {
    const whole = openSearcher({ ...options, columns: [columnOf(0, rows)] });
    const cut = openSearcher({ ...options, columns: [columnOf(0, 150), columnOf(150, 150), columnOf(150, rows)] });
    const scratch = whole.scratch(sizes);
    scratch.queries.set(query);
    whole.search(scratch, request);
    const expected = hits(scratch);
    cut.search(scratch, request);
    assert.deepEqual(hits(scratch), expected);
    scratch.ids.fill(0n);
    await cut.searchAsync(scratch, request);
    assert.deepEqual(hits(scratch), expected);
    whole.close();
    cut.close();
  });

  it('answers every query of a batch as it answers it alone', () => {
    const searcher = openSearcher({ ...options, columns: [columnOf(0, 200), columnOf(200, rows)] });
    const [batch, alone] = [searcher.scratch({ ...sizes, queries: 40 }), searcher.scratch(sizes)];
    batch.queries.set(points.subarray(0, 40 * dim).map((value) => value + 0.01));
    searcher.search(batch, { ...request, queries: 40 });
    for (let q = 0; q < 40; q++) {
      alone.queries.set(batch.queries.subarray(q * dim, (q + 1) * dim));
      searcher.search(alone, request);
      const of = <Values extends { subarray(from: number, to: number): Values }>(values: Values, width: number) =>
        values.subarray(q * width, (q + 1) * width);
      assert.deepEqual(of(batch.found, 3), alone.found);
      assert.deepEqual(of(batch.ids, 10), alone.ids);
      assert.deepEqual(of(batch.scores, 10), alone.scores);
      assert.deepEqual(of(batch.probes, lists).subarray(0, 4), alone.probes.subarray(0, 4));
    }
    searcher.close();
  });

  it('counts only what the filters let through', () => {
    const columns = [columnOf(0, 200), columnOf(200, rows)];
    const searcher = openSearcher({ ...options, columns });
    const scratch = searcher.scratch(sizes);
    scratch.queries.set(query);
    searcher.search(scratch, request, [new Uint8Array(25), null]);
    assert.ok(hits(scratch).ids.every((id) => id >= 200n));
    assert.throws(() => searcher.search(scratch, request, [null]), /a filter, or null, for every column/);
    searcher.close();
  });

  it('is CANCELLED by its signal, and refused once it is closed', async () => {
    const searcher = openSearcher({ ...options, columns: [columnOf(0, rows)] });
    const scratch = searcher.scratch(sizes);
    const cancelled = (error: unknown) => error instanceof ShoalError && error.code === 'CANCELLED';
    await assert.rejects(searcher.searchAsync(scratch, request, { signal: AbortSignal.abort() }), cancelled);
    searcher.close();
    searcher.close();
    const internal = (error: unknown) => error instanceof ShoalError && error.code === 'INTERNAL';
    assert.throws(() => searcher.search(scratch, request), internal);
  });

  it('refuses shapes that do not fit together', () => {
    const column = columnOf(0, rows);
    const internal = (error: unknown) => error instanceof ShoalError && error.code === 'INTERNAL';
    assert.throws(() => openSearcher({ ...options, lists: 9, columns: [] }), internal);
    assert.throws(() => openSearcher({ ...options, columns: [{ ...column, ids: column.ids.slice(1) }] }), internal);
    const searcher = openSearcher({ ...options, columns: [column] });
    const scratch = searcher.scratch(sizes);
    assert.throws(() => searcher.search(scratch, { ...request, k: 11 }), internal);
    assert.throws(() => searcher.search(scratch, { ...request, nprobe: 9 }), internal);
    searcher.close();
  });
});

describe('a table of centroids', () => {
  const [count, width] = [600, 64];
  const normals = (): Float32Array => Float32Array.from({ length: count * width }, () => random.normal());

  it('has codes of them, also where some dimensions are far larger than others', () => {
    assert.ok(coarseTable(normals(), width).codes !== null);
    const uneven = normals().map((value, i) => value * (i % width < 3 ? 30 : 1));
    assert.ok(coarseTable(uneven, width).codes !== null);
  });

  it('has none for few centroids, nor where codes of signs would not find the nearest', () => {
    assert.equal(coarseTable(normals().subarray(0, 200 * width), width).codes, null);
    const spikes = Float32Array.from({ length: 5_000 * width }, () => random.normal() / 10);
    for (let row = 0; row < 5_000; row++) spikes[row * width + random.below(width)] = 1 + random.below(100) / 100;
    assert.equal(coarseTable(spikes, width).codes, null);
  });
});
