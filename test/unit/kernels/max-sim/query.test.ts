import assert from 'node:assert/strict';
import { packLanes, prepareQuery, quantiseWeights } from '../../../../kernels/max-sim/query.js';
import { portableKernels } from '../../../../kernels/portable.js';

describe('a query made ready for MaxSim', () => {
  it('has its tokens in lanes, zeros where there is none', () => {
    const query = Float32Array.from({ length: 17 * 8 }, (_, i) => i + 1);
    const { rows, tiles } = packLanes(query, 8);
    assert.equal(tiles, 2);
    assert.equal(rows[3 * 16 + 5], query[5 * 8 + 3]);
    assert.equal(rows[8 * 16 + 3 * 16], query[16 * 8 + 3]);
    assert.equal(rows[8 * 16 + 3 * 16 + 1], 0);
  });

  it('has levels that give the query back within half a level', () => {
    const rows = Float32Array.from({ length: 3 * 16 }, (_, i) => Math.sin(i));
    const tables = { centroids: new Float32Array(16), weights: Float32Array.of(-1, 1), nbits: 1, dim: 16 };
    const query = prepareQuery(tables, rows, portableKernels.projectLanes);
    for (let token = 0; token < 3; token++) {
      const largest = rows.subarray(token * 16, token * 16 + 16).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      for (let j = 0; j < 16; j++) {
        const level = query.levels[(j >> 2) * 64 + token * 4 + (j & 3)]!;
        assert.ok(Math.abs((level * largest) / 127 - rows[token * 16 + j]!) <= largest / 254 + 1e-6);
      }
    }
  });

  it('adds what the base of the levels is worth to the scores of the centroids', () => {
    const tables = { centroids: new Float32Array(16).fill(2), weights: Float32Array.of(-0.5, 1), nbits: 1, dim: 8 };
    const query = prepareQuery(tables, new Float32Array(8).fill(0.25), portableKernels.projectLanes);
    assert.deepEqual([query.centroidScores[0], query.centroidScores[16], query.centroidScores[1]], [3, 3, 0]);
  });

  it('takes a query of zeros', () => {
    const tables = { centroids: new Float32Array(8), weights: Float32Array.of(-1, 1), nbits: 1, dim: 8 };
    const query = prepareQuery(tables, new Float32Array(8), portableKernels.projectLanes);
    assert.ok(query.levels.every((level) => level === 0));
  });
});

describe('the levels of weights', () => {
  it('give evenly spaced weights exactly', () => {
    const { base, step, levels } = quantiseWeights(Float32Array.of(-3, -1, 1, 3));
    levels.forEach((level, i) => assert.ok(Math.abs(base + step * level - (2 * i - 3)) < 1e-12));
  });

  it('stay within 0..31', () => {
    const { levels } = quantiseWeights(Float32Array.from({ length: 16 }, (_, i) => Math.tan((i - 7.5) / 6)));
    assert.ok(levels.every((level) => level <= 31));
    assert.equal(levels[0], 0);
  });

  it('are all zero for weights that are all equal', () => {
    assert.deepEqual(quantiseWeights(Float32Array.of(2, 2)), { base: 2, step: 0, levels: Uint8Array.of(0, 0) });
  });
});
