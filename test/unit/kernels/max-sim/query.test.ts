import assert from 'node:assert/strict';
import { packLanes, prepareQuery, quantiseWeights } from '../../../../kernels/max-sim/query.js';

const sixteen = Float32Array.from({ length: 16 }, (_, i) => (i - 7.5) / 20);

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
    const query = prepareQuery({ centroids: new Float32Array(16), weights: sixteen, nbits: 4, dim: 16 }, rows);
    for (let token = 0; token < 3; token++) {
      const largest = rows.subarray(token * 16, token * 16 + 16).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      for (let j = 0; j < 16; j++) {
        const level = query.levels[(j >> 2) * 64 + token * 4 + (j & 3)]!;
        assert.ok(Math.abs((level * largest) / 127 - rows[token * 16 + j]!) <= largest / 254 + 1e-6);
      }
    }
  });

  it('has entries that give what a bucket is worth within half a unit, up to the offset', () => {
    const rows = Float32Array.from({ length: 2 * 16 }, (_, i) => Math.sin(i));
    const weights = Float32Array.of(-0.3, -0.1, 0.1, 0.4);
    const query = prepareQuery({ centroids: new Float32Array(16), weights, nbits: 2, dim: 16 }, rows);
    for (let token = 0; token < 2; token++) {
      for (let j = 0; j < 16; j++) {
        const entries = query.tables.subarray((token * 16 + j) * 4, (token * 16 + j + 1) * 4);
        assert.ok(entries.includes(0));
        const base = weights.reduce((least, weight) => Math.min(least, weight * rows[token * 16 + j]!), Infinity);
        entries.forEach((entry, b) => {
          const worth = weights[b]! * rows[token * 16 + j]! - base;
          assert.ok(Math.abs(entry * query.scale[token]! - worth) <= query.scale[token]! * 0.5001);
        });
      }
    }
  });

  it('gives back in the offset what rounding takes on average', () => {
    const rows = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));
    const weights = Float32Array.of(-0.5, 1);
    const query = prepareQuery({ centroids: new Float32Array(16), weights, nbits: 1, dim: 16 }, rows);
    const entries = query.tables.reduce((sum, entry) => sum + entry, 0) / 2;
    const worth = rows.reduce((sum, value) => sum + value * 0.25, 0);
    assert.ok(Math.abs(query.offset[0]! + query.scale[0]! * entries - worth) < 1e-6);
    assert.equal(query.unit[0], Math.fround(1 / query.scale[0]!));
  });

  it('knows no score of a centroid yet', () => {
    const tables = { centroids: new Float32Array(3 * 8), weights: Float32Array.of(-1, 1), nbits: 1, dim: 8 };
    const query = prepareQuery(tables, new Float32Array(17 * 8));
    assert.deepEqual([...query.centroidStates], [0, 0, 0]);
    assert.equal(query.centroidScores.length, 3 * 32);
  });

  it('takes a query of zeros', () => {
    const tables = { centroids: new Float32Array(8), weights: Float32Array.of(-1, 1), nbits: 1, dim: 8 };
    const query = prepareQuery(tables, new Float32Array(8));
    assert.ok(query.tables.every((entry) => entry === 0));
    assert.deepEqual([query.scale[0], query.unit[0]], [1, 1]);
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
