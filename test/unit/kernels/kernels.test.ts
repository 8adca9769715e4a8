import assert from 'node:assert/strict';
import {
  accumulateSparse,
  assignNearest,
  assignNearestAsync,
  kernelIsa,
  loadKernels,
  maxSimCodes,
  maxSimCodesExact,
  maxSimCodesMatches,
  maxSimRows,
  prepareMaxSim,
  scanDense,
  scoreDense,
  secondNearest,
  sumBytes,
  toFloat16,
  toFloat32,
  topK,
} from '../../../kernels/kernels.js';

const internal = { code: 'INTERNAL' };

describe('the door of the kernels', () => {
  it('says what they run on', () => {
    assert.ok(['avx512', 'avx2', 'neon', 'reference', 'typescript'].includes(loadKernels()));
    assert.equal(loadKernels(), kernelIsa());
  });

  it('converts to half precision and back', () => {
    assert.deepEqual([...toFloat32(toFloat16(Float32Array.of(1, -2.5, 65_520, 1e-8)))], [1, -2.5, Infinity, 0]);
  });

  it('sums bytes', () => {
    assert.equal(sumBytes(Uint8Array.of(255, 255, 1)), 511);
  });

  it('assigns points to their nearest centroids', async () => {
    const points = Float32Array.of(1, 0, 0, 2);
    const centroids = Float32Array.of(0, 1, 1, 0);
    const expected = { assignments: Uint32Array.of(1, 0), scores: Float32Array.of(1, 2) };
    assert.deepEqual(assignNearest(points, centroids, 2), expected);
    assert.deepEqual(await assignNearestAsync(points, centroids, 2), expected);
    assert.throws(() => assignNearest(points, new Float32Array(0), 2), internal);
    assert.throws(() => assignNearest(points, centroids, 3), internal);
  });

  it('finds a second centroid among those near the first', () => {
    const of = { dim: 2, centroids: Float32Array.of(1, 0, 0.9, 0.1, 0, 1), around: Uint32Array.of(2, 1, 0, 2, 1, 0) };
    const points = Float32Array.of(1, 0, 0.9, 0.1);
    assert.deepEqual([...secondNearest(points, Uint32Array.of(0, 1), of)], [1, 0]);
    assert.throws(() => secondNearest(points, Uint32Array.of(0), of), internal);
    assert.throws(() => secondNearest(points, Uint32Array.of(0, 3), of), internal);
    const stray = { ...of, around: Uint32Array.of(2, 3, 0, 2, 1, 0) };
    assert.throws(() => secondNearest(points, Uint32Array.of(0, 1), stray), internal);
    assert.throws(() => secondNearest(points, Uint32Array.of(0, 1), { ...of, around: Uint32Array.of(1) }), internal);
  });
});

describe('an exact scan', () => {
  const scan = {
    rows: toFloat16(Float32Array.of(1, 0, 0, 1, 1, 1)),
    dim: 2,
    query: Float32Array.of(1, 2),
    live: null,
    k: 2,
  };

  it('gives the best rows first', async () => {
    assert.deepEqual(await scanDense(scan), { rows: Uint32Array.of(2, 1), scores: Float32Array.of(3, 2) });
  });

  it('gives what there is when k is larger', async () => {
    assert.equal((await scanDense({ ...scan, live: Uint8Array.of(0b101), k: 9 })).rows.length, 2);
  });

  it('scores the rows that are named', () => {
    assert.deepEqual([...scoreDense(scan.rows, 2, scan.query, Uint32Array.of(2, 0, 2))], [3, 1, 3]);
    assert.throws(() => scoreDense(scan.rows, 2, scan.query, Uint32Array.of(3)), internal);
  });

  it('is CANCELLED by its signal', async () => {
    await assert.rejects(scanDense(scan, AbortSignal.abort()), { code: 'CANCELLED' });
    const abort = new AbortController();
    const job = scanDense(scan, abort.signal);
    abort.abort();
    await assert.rejects(job, { code: 'CANCELLED' });
  });

  it('refuses broken shapes', async () => {
    await assert.rejects(scanDense({ ...scan, dim: 4 }), internal);
    await assert.rejects(scanDense({ ...scan, query: new Float32Array(3) }), internal);
    await assert.rejects(scanDense({ ...scan, live: new Uint8Array(0) }), internal);
    await assert.rejects(scanDense({ ...scan, k: -1 }), internal);
  });
});

describe('MaxSim', () => {
  const tables = { centroids: new Float32Array(8).fill(0.5), weights: Float32Array.of(-0.5, 0.5), nbits: 1, dim: 8 };
  const one = toFloat16(Float32Array.of(1))[0]!;
  // Two documents of one token each: all buckets 1, so all values 1; then half of the buckets 1.
  const column = Uint8Array.of(0, 0, one & 255, one >> 8, 0xff, 0, 0, one & 255, one >> 8, 0x0f);
  const documents = { offsets: BigUint64Array.of(0n, 5n, 0n), counts: Uint32Array.of(1, 1, 0) };
  const query = prepareMaxSim(tables, new Float32Array(16).fill(0.25));

  it('sums over the query tokens, and has no answer without document tokens', async () => {
    const fast = await maxSimCodes(query, column, documents);
    [4, 2].forEach((expected, d) => assert.ok(Math.abs(fast[d]! - expected) < 0.03, `${fast[d]}`));
    assert.ok(Number.isNaN(fast[2]));
    assert.deepEqual([...(await maxSimCodesExact(query, column, documents))], [4, 2, NaN]);
  });

  it('tells which token matched', async () => {
    const matches = await maxSimCodesMatches(query, column, documents);
    assert.deepEqual([...matches.scores], [2, 2, 1, 1, NaN, NaN]);
    assert.deepEqual([...matches.tokens], [0, 0, 0, 0, 0xffffffff, 0xffffffff]);
  });

  it('scores uncoded rows, float32 and half bits alike', async () => {
    const rows = Float32Array.of(1, 0, 0, 1, 2, 2);
    const where = { offsets: Float64Array.of(0, 2), counts: Uint32Array.of(2, 1) };
    const of = { rows: Float32Array.of(1, 0, 1, 1), dim: 2 };
    assert.deepEqual([...(await maxSimRows(of, rows, where))], [2, 6]);
    assert.deepEqual([...(await maxSimRows(of, toFloat16(rows), where))], [2, 6]);
  });

  it('refuses a document outside the column', async () => {
    const outside = { offsets: BigUint64Array.of(6n), counts: Uint32Array.of(1) };
    await assert.rejects(maxSimCodes(query, column, outside), internal);
    await assert.rejects(maxSimCodes(query, column, { ...outside, offsets: new BigUint64Array(2) }), internal);
  });

  it('refuses tables and queries of a wrong shape', () => {
    assert.throws(() => prepareMaxSim({ ...tables, nbits: 3 }, new Float32Array(8)), internal);
    assert.throws(() => prepareMaxSim({ ...tables, weights: new Float32Array(4) }, new Float32Array(8)), internal);
    assert.throws(() => prepareMaxSim({ ...tables, centroids: new Float32Array(0) }, new Float32Array(8)), internal);
    assert.throws(() => prepareMaxSim(tables, new Float32Array(0)), internal);
    assert.throws(() => prepareMaxSim({ ...tables, dim: 4 }, new Float32Array(8)), internal);
  });
});

describe('sparse scores', () => {
  const postings = {
    rows: Uint32Array.of(0, 2, 2),
    weights: toFloat16(Float32Array.of(1, 2, 3)),
    starts: Uint32Array.of(0, 2),
    ends: Uint32Array.of(2, 3),
    factors: Float32Array.of(1, 0.5),
  };

  it('add up by row, and the best come first', () => {
    const scores = new Float32Array(4);
    accumulateSparse(postings, scores);
    assert.deepEqual([...scores], [1, 0, 3.5, 0]);
    assert.deepEqual(topK(scores, null, 10, 0), { rows: Uint32Array.of(2, 0), scores: Float32Array.of(3.5, 1) });
  });

  it('refuse columns of different lengths', () => {
    assert.throws(() => accumulateSparse({ ...postings, factors: new Float32Array(1) }, new Float32Array(4)), internal);
    assert.throws(() => accumulateSparse({ ...postings, ends: Uint32Array.of(2, 9) }, new Float32Array(4)), internal);
  });
});
