/** The metric counts directions as residuals and queries lie along them. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { errorMetric, type MetricSample } from '../../../../trainer/structure/error-metric.js';

const dim = 8;
const lists = 6;

/** Rows that lie along one dimension five times as much as along others; null = along all alike. */
function rows(count: number, along: number | null, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * dim }, (_, i) => (i % dim === along ? 5 : 1) * random.normal());
}

function sampleOf(changes: Partial<MetricSample> = {}): MetricSample {
  const centroids = rows(lists, null, 4);
  return {
    ...{ residuals: rows(2_000, 2, 5), width: dim, structure: { dim, centroids } },
    ...{ anchors: rows(lists, null, 6), queries: null, ...changes },
  };
}

const diagonal = (metric: Float32Array) => Array.from({ length: dim }, (_, j) => metric[j * (dim + 1)]!);

describe('error metric', () => {
  it('counts the direction of residuals most, is symmetric and has mean 1', () => {
    const metric = errorMetric(sampleOf())!;
    const own = diagonal(metric);
    assert.equal(own.indexOf(Math.max(...own)), 2);
    assert.ok(Math.abs(own.reduce((sum, value) => sum + value, 0) - dim) < 1e-4);
    assert.ok(Math.min(...own) > 0.35);
    for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) assert.equal(metric[i * dim + j], metric[j * dim + i]);
  });

  it('counts that of queries more where there are some, at whatever length they come', () => {
    const queries = rows(500, 6, 7);
    const own = diagonal(errorMetric(sampleOf({ queries, anchors: new Float32Array(lists * dim) }))!);
    assert.equal(own.indexOf(Math.max(...own)), 6);
    assert.ok(own[2]! > 1.5 * own[1]!);
    const asked = diagonal(errorMetric(sampleOf({ queries }))!);
    const longer = diagonal(errorMetric(sampleOf({ queries: queries.map((value) => value * 1_000) }))!);
    longer.forEach((value, j) => assert.ok(Math.abs(value - asked[j]!) < 1e-3));
  });

  it('is not there for residuals of zeros, or too many dimensions', () => {
    assert.equal(errorMetric(sampleOf({ residuals: new Float32Array(80) })), null);
    assert.equal(errorMetric(sampleOf({ width: 1_025, residuals: new Float32Array(1_025) })), null);
  });
});
