import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import {
  buildLookupTable,
  encodeBatch,
  encodeBatchAsync,
  encodeSecond,
  encodeVectors,
  listBytes,
  packList,
  prepareSecond,
  recordBytes,
  scanLists,
  scoreSurvivors,
  unpackList,
  type Codebook,
  type ListQuery,
} from '../../../kernels/codes.js';
import { signWords } from '../../../kernels/sign-words.js';

const dim = 32;
const count = 100;

const codebook: Codebook = {
  words: signWords(dim / 4).map((word) => Math.sign(word) / 2),
  subquantizers: dim / 4,
  dsub: 4,
  rescale: 4 / 32_767,
  anchor: 4 / 32_767,
};

function unit(seed: number, rows: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * dim }, () => random.normal() / Math.sqrt(dim));
}

const points = unit(1, count);
const base = unit(2, 1);
const query = unit(3, 1);
const coded = encodeVectors(codebook, points, { base, anchor: base });
const table = buildLookupTable(codebook, query);
const bias = dot(query, base);
const lists = {
  codes: packList(codebook.subquantizers, coded),
  offsets: BigUint64Array.of(0n),
  counts: Uint32Array.of(count),
  firsts: Uint32Array.of(0),
};

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => sum + value * b[j]!, 0);
}

function exact(position: number): number {
  return dot(query, points.subarray(position * dim, (position + 1) * dim));
}

/** Bias + f times the product with the signs + t, the anchor being the base. */
function estimate(position: number): number {
  const residual = points.subarray(position * dim, (position + 1) * dim).map((value, j) => value - base[j]!);
  const signs = residual.map((value) => (value > 0 ? 0.5 : -0.5));
  const f = dot(residual, residual) / dot(residual, signs);
  return bias + f * dot(query, signs) + dot(base, residual) - f * dot(base, signs);
}

function scanOf(change: Partial<ListQuery> = {}) {
  const asked = { table, biases: Float64Array.of(bias), wanted: count, threshold: -Infinity, ...change };
  return { lists, live: null, filter: null, ids: null, queries: [asked] };
}

describe('coded lists', () => {
  it('of sign codes score as the anchored estimator does, but for the rounding of the table', () => {
    const [best] = scanLists(scanOf());
    assert.equal(best!.positions.length, count);
    best!.scores.forEach((score, at) => assert.ok(Math.abs(score - estimate(best!.positions[at]!)) < 0.05));
  });

  it('give fewer than wanted when the threshold says so, and those alone', () => {
    const [all] = scanLists(scanOf());
    const [few] = scanLists(scanOf({ threshold: all!.scores[9]! }));
    assert.deepEqual(few!.positions, all!.positions.slice(0, 10));
  });

  it('come back as the rows that they were packed from', () => {
    assert.equal(lists.codes.length, listBytes(codebook.subquantizers, count));
    assert.deepEqual(unpackList(codebook.subquantizers, lists.codes, count), coded);
  });

  it('are scored far better by their second codes', () => {
    const records = encodeSecond(codebook, points, { ...coded, base, anchor: base });
    assert.equal(records.length, count * recordBytes(dim, 4));
    const [best] = scanLists(scanOf());
    const second = prepareSecond(table, query);
    const scan = { lists, biases: Float64Array.of(bias), records, survivors: best! };
    const scores = scoreSurvivors(second, scan);
    scores.forEach((score, at) => assert.ok(Math.abs(score - exact(best!.positions[at]!)) < 0.3));
  });
});

describe('the door of the coded lists', () => {
  it('refuses shapes that do not fit, as a defect of the caller', () => {
    const defect = { code: 'INTERNAL' };
    assert.throws(() => buildLookupTable(codebook, new Float32Array(dim + 1)), defect);
    assert.throws(() => encodeVectors(codebook, new Float32Array(dim + 1), { base: null, anchor: null }), defect);
    assert.throws(() => encodeVectors(codebook, points, { base: new Float32Array(1), anchor: null }), defect);
    assert.throws(() => scanLists({ ...scanOf(), queries: [] }), defect);
    assert.throws(() => scanLists(scanOf({ biases: new Float64Array(2) })), defect);
    assert.throws(() => scanLists(scanOf({ wanted: 0 })), defect);
    assert.throws(() => scanLists(scanOf({ threshold: NaN })), defect);
    assert.throws(() => packList(codebook.subquantizers, { ...coded, codes: new Uint8Array(3) }), defect);
  });

  it('refuses lists, bitmaps and survivors that pass the end of their columns', () => {
    const defect = { code: 'INTERNAL', message: /refused/ };
    const outside = { ...lists, offsets: BigUint64Array.of(1n) };
    assert.throws(() => scanLists({ ...scanOf(), lists: outside }), defect);
    assert.throws(() => scanLists({ ...scanOf(), filter: new Uint8Array(12) }), defect);
    assert.throws(() => scanLists({ ...scanOf(), ids: new BigUint64Array(count - 1) }), defect);
    const records = new Uint8Array(count * recordBytes(dim, 4));
    const survivors = { positions: Uint32Array.of(count), lists: Uint32Array.of(0) };
    const scan = { lists, biases: new Float64Array(1), records, survivors };
    assert.throws(() => scoreSurvivors(prepareSecond(table, query), scan), defect);
  });
});

describe('vectors of many lists', () => {
  const lists = Uint32Array.from({ length: count }, (_, row) => row % 2);
  const bases = Float32Array.from([...base, ...query]);
  const batch = { codebook, points, dim, lists, bases, anchors: bases, hasRecords: true };

  it('are coded as each list alone', async () => {
    const together = encodeBatch(batch);
    const alone = encodeVectors(codebook, points.subarray(dim, 2 * dim), { base: query, anchor: query });
    const bytes = alone.codes.length;
    assert.deepEqual(together.codes.subarray(bytes, 2 * bytes), alone.codes);
    const records = encodeSecond(codebook, points.subarray(0, dim), {
      base,
      anchor: base,
      ...encodeVectors(codebook, points.subarray(0, dim), { base, anchor: base }),
    });
    assert.deepEqual(together.records!.subarray(0, records.length), records);
    assert.deepEqual(await encodeBatchAsync(batch), together);
    assert.equal(encodeBatch({ ...batch, hasRecords: false }).records, null);
  });

  it('are refused where a list has no base', () => {
    assert.throws(() => encodeBatch({ ...batch, bases: base, anchors: base }), /have a base|refused/);
    assert.throws(() => encodeBatch({ ...batch, lists: lists.subarray(1) }), /a list for every point/);
  });
});
