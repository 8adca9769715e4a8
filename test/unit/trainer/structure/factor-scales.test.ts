import assert from 'node:assert/strict';
import { factorScales } from '../../../../trainer/structure/factor-scales.js';

const words = Float32Array.from({ length: 64 }, (_, i) => (((i % 16) >> Math.floor(i / 16)) & 1 ? 0.5 : -0.5));
const shape = { words, subquantizers: 1, dsub: 4 };
const sampleOf = (rows: readonly (readonly number[])[]) => ({
  residuals: Float32Array.from(rows.flat()),
  lists: new Uint32Array(rows.length),
  anchors: Float32Array.of(1, 0, 0, 0),
  dim: 4,
});

describe('the units of the factors', () => {
  it('keep what nearly all vectors have, with room above it', () => {
    const rows = Array.from({ length: 100 }, () => [1, 1, 1, 1]);
    const { rescale, anchor } = factorScales(shape, sampleOf(rows));
    assert.ok(Math.abs(rescale * 32_767 - 1.5 * 2) < 1e-9, 'f = 4 / 2');
    assert.ok(anchor > 0, 't = 0 everywhere leaves a usual unit');
  });

  it('are not those of one outlier', () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => (i === 7 ? [900, 1, 1, 1] : [1, 0.9, 1, 1]));
    const { rescale, anchor } = factorScales(shape, sampleOf(rows));
    assert.ok(rescale * 32_767 < 4, `${rescale * 32_767}`);
    assert.ok(anchor * 32_767 < 1, `${anchor * 32_767}`);
  });

  it('are positive where every vector equals its base', () => {
    const { rescale, anchor } = factorScales(shape, sampleOf([[0, 0, 0, 0]]));
    assert.ok(rescale > 0 && anchor > 0);
  });
});
