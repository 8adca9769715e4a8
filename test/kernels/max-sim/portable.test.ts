import assert from 'node:assert/strict';
import { packLanes, scratchFloats } from '../../../kernels/max-sim/query.js';
import type { JobArrays, NativeKernels } from '../../../kernels/native-kernels.js';
import { portableKernels } from '../../../kernels/portable.js';
import { bitsOf, never, normals, onBoth, testRandom } from '../pair.js';
import { codedCollection, withCentroidScores, type CodedCollection, type Shape } from './records.js';

const counts = [0, 1, 3, 4, 5, 7, 8, 9, 21, 70];
const shapes: readonly Shape[] = [1, 2, 4].flatMap((nbits) => [
  { nbits, dim: 8, centroids: 1, queryTokens: 1, counts },
  { nbits, dim: 24, centroids: 5, queryTokens: 15, counts },
  { nbits, dim: 64, centroids: 30, queryTokens: 16, counts },
  { nbits, dim: 72, centroids: 30, queryTokens: 17, counts },
  { nbits, dim: 384, centroids: 50, queryTokens: 33, counts },
  { nbits, dim: 96, centroids: 30, queryTokens: 32, counts: [513, 0, 1, 255, 256, 257, 0, 2] },
  { nbits, dim: 128, centroids: 300, queryTokens: 32, counts: new Array<number>(140).fill(1) },
  { nbits, dim: 200, centroids: 9, queryTokens: 64, counts: [63, 64, 65, 128, 1, 31, 32, 33] },
  { nbits, dim: 1024, centroids: 20, queryTokens: 49, counts: [0, 1, 9] },
]);

function arraysOf(query: { tiles: number; dim: number; nbits?: number }, scores: number): JobArrays {
  return [never(), new Float32Array(scratchFloats(query)), new Float32Array(scores)];
}

async function score(kernels: NativeKernels, name: 'maxSimCodes' | 'maxSimCodesExact', of: CodedCollection) {
  const arrays = arraysOf(of.query, of.counts.length);
  assert.equal(await kernels[name](of.query, of.column, of.offsets, of.counts, ...arrays), 0);
  return arrays[2];
}

/** dim · 2^-23 · Σ|q·v| a query token, with vectors of length at most about 1.6. */
function toleranceOf(of: CodedCollection): number {
  return of.query.tokens * of.query.dim * 2 ** -23 * 2;
}

function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expected.forEach((value, i) => {
    const isEqual = Number.isNaN(value) ? Number.isNaN(actual[i]) : Math.abs(value - actual[i]!) <= tolerance;
    assert.ok(isEqual, `score ${i}: ${actual[i]} instead of ${value}`);
  });
}

describe('MaxSim over codes', () => {
  for (const shape of shapes) {
    const name = `${shape.queryTokens} query tokens, dim ${shape.dim}, ${shape.nbits} bits`;

    it(`equals the reference to the bit: ${name}`, async () => {
      const of = withCentroidScores(codedCollection(testRandom(), shape));
      const { expected, actual } = await onBoth((kernels) => score(kernels, 'maxSimCodes', of));
      assert.deepEqual(bitsOf(actual), bitsOf(expected));
    });

    it(`is exact within the bound where it should be: ${name}`, async () => {
      const of = codedCollection(testRandom(), shape);
      const { expected, actual } = await onBoth((kernels) => score(kernels, 'maxSimCodesExact', of));
      assertClose(actual, expected, toleranceOf(of));
    });
  }

  for (const nbits of [1, 2, 4]) {
    it(`scores a centroid when a document first asks for it: ${nbits} bits`, async () => {
      const shape = { nbits, dim: 128, centroids: 40, queryTokens: 20, counts: [30, 0, 9] };
      const of = codedCollection(testRandom(), shape);
      const { actual } = await onBoth(async (kernels) => {
        const query = of.fresh();
        return { query, scores: await score(kernels, 'maxSimCodes', { ...of, query }) };
      });
      const asked = new Set<number>();
      const view = new DataView(of.column.buffer);
      for (const d of [0, 2]) {
        for (let t = 0; t < of.counts[d]!; t++) asked.add(view.getUint16(Number(of.offsets[d]) + 2 * t, true));
      }
      actual.query.centroidStates.forEach((state, c) => assert.equal(state, asked.has(c) ? 2 : 0, `centroid ${c}`));
      const whole = await onBoth((kernels) => score(kernels, 'maxSimCodes', withCentroidScores(of)));
      assertClose(actual.scores, whole.actual, toleranceOf(of) + 20 * 1e-4);
    });

    it(`gives one answer to many calls that share a query: ${nbits} bits`, async () => {
      const shape = { nbits, dim: 64, centroids: 500, queryTokens: 7, counts: new Array<number>(50).fill(20) };
      const of = codedCollection(testRandom(), shape);
      await onBoth(async (kernels) => {
        const query = of.fresh();
        const all = await Promise.all(Array.from({ length: 8 }, () => score(kernels, 'maxSimCodes', { ...of, query })));
        for (const one of all) assert.deepEqual(bitsOf(one), bitsOf(all[0]!));
      });
    });

    it(`has entries whose groups fit a byte: ${nbits} bits`, () => {
      const shape = { nbits, dim: 104, centroids: 1, queryTokens: 5, counts: [] };
      const { query } = codedCollection(testRandom(), shape);
      const groupDims = 24 / nbits;
      for (let token = 0; nbits < 4 && token < 5; token++) {
        for (let start = 0; start < 104; start += groupDims) {
          let sum = 0;
          for (let j = start; j < Math.min(104, start + groupDims); j++) {
            const at = (token * 104 + j) << nbits;
            sum += query.tables.subarray(at, at + (1 << nbits)).reduce((a, b) => Math.max(a, b), 0);
          }
          assert.ok(sum <= 255, `${sum}`);
        }
      }
    });

    it(`is off by less than 0.002 rms a query token at ${nbits} bits`, async () => {
      const shape = { nbits, dim: 384, centroids: 50, queryTokens: 16, counts: new Array<number>(60).fill(40) };
      const of = codedCollection(testRandom(), shape);
      const { actual } = await onBoth(async (kernels) => ({
        fast: await score(kernels, 'maxSimCodes', of),
        exact: await score(kernels, 'maxSimCodesExact', of),
      }));
      const squares = actual.fast.reduce((sum, value, d) => sum + ((value - actual.exact[d]!) / 16) ** 2, 0);
      assert.ok(Math.sqrt(squares / 60) < 0.002, `rms ${Math.sqrt(squares / 60)}`);
    });
  }

  it('has no answer for a document without tokens', async () => {
    const of = codedCollection(testRandom(), { nbits: 2, dim: 16, centroids: 2, queryTokens: 3, counts: [0] });
    const { actual } = await onBoth((kernels) => score(kernels, 'maxSimCodes', of));
    assert.deepEqual([...actual], [NaN]);
  });

  it('reads a centroid outside the table as the last', async () => {
    const of = codedCollection(testRandom(), { nbits: 2, dim: 16, centroids: 2, queryTokens: 3, counts: [1] });
    new DataView(of.column.buffer).setUint16(1, 65_535, true);
    const damaged = await onBoth((kernels) => score(kernels, 'maxSimCodes', of));
    assert.ok(damaged.actual.every((value) => Number.isFinite(value)));
    new DataView(of.column.buffer).setUint16(1, 1, true);
    const sound = await onBoth((kernels) => score(kernels, 'maxSimCodes', of));
    assert.deepEqual(damaged.actual, sound.actual);
  });

  it('refuses a record that passes the end of the column', async () => {
    const of = codedCollection(testRandom(), { nbits: 2, dim: 16, centroids: 2, queryTokens: 3, counts: [2, 2] });
    for (const offsets of [BigUint64Array.of(1n, 18n), BigUint64Array.of(2n ** 63n, 1n)]) {
      await onBoth(async (kernels) => {
        await assert.rejects(async () => score(kernels, 'maxSimCodes', { ...of, offsets }));
      });
    }
  });

  it('stops when asked to', async () => {
    const of = codedCollection(testRandom(), { nbits: 2, dim: 16, centroids: 2, queryTokens: 3, counts: [2, 2] });
    const { actual } = await onBoth((kernels) => {
      const [, scratch, scores] = arraysOf(of.query, 2);
      return kernels.maxSimCodes(of.query, of.column, of.offsets, of.counts, Uint8Array.of(1), scratch, scores);
    });
    assert.equal(actual, -1);
  });

  it('names the best token of every query token', async () => {
    const of = codedCollection(testRandom(), { nbits: 2, dim: 64, centroids: 9, queryTokens: 18, counts: [30, 0, 9] });
    const { expected, actual } = await onBoth(async (kernels) => {
      const tokens = new Uint32Array(3 * 18);
      const arrays = arraysOf(of.query, 3 * 18);
      await kernels.maxSimCodesMatches(of.query, of.column, of.offsets, of.counts, ...arrays, tokens);
      return { tokens, scores: arrays[2], sums: await score(kernels, 'maxSimCodesExact', of) };
    });
    assert.deepEqual(actual.tokens, expected.tokens);
    assertClose(actual.scores, expected.scores, toleranceOf(of));
    for (const d of [0, 2]) {
      const sum = actual.scores.subarray(d * 18, (d + 1) * 18).reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum - actual.sums[d]!) < 1e-4);
    }
    assert.deepEqual(actual.tokens.subarray(18, 36), new Uint32Array(18).fill(0xffffffff));
  });
});

describe('MaxSim over rows', () => {
  for (const dim of [1, 8, 17, 384]) {
    for (const queryTokens of [1, 16, 40]) {
      it(`equals the reference within the bound: ${queryTokens} query tokens of ${dim}`, async () => {
        const random = testRandom();
        const floats = normals(random, 60 * dim, dim);
        const halves = new Uint16Array(floats.length);
        portableKernels.toFloat16(floats, halves);
        const lanes = packLanes(normals(random, queryTokens * dim, dim), dim);
        const offsets = BigUint64Array.of(0n, 5n, 5n, 20n);
        const sizes = Uint32Array.of(5, 0, 9, 40);
        const { expected, actual } = await onBoth(async (kernels) => {
          const full = arraysOf(lanes, 4);
          const half = arraysOf(lanes, 4);
          await kernels.maxSimRows(lanes, floats, offsets, sizes, ...full, null);
          await kernels.maxSimRows(lanes, null, offsets, sizes, ...half, halves);
          return { full: full[2], half: half[2] };
        });
        const tolerance = queryTokens * dim * 2 ** -23 * 2;
        assertClose(actual.full, expected.full, tolerance);
        assertClose(actual.half, expected.half, tolerance);
        assertClose(actual.half, actual.full, queryTokens * 2e-3);
      });
    }
  }
});
