import assert from 'node:assert/strict';
import { calibrate, narrow } from '../../../../models/build/calibrate.js';
import { tinyRanges, tinyWeights } from '../../encoder-node/tiny-model.js';

const quiet = (): void => undefined;

describe('narrowing ranges', () => {
  it('stops at the end where the error is smallest', async () => {
    // Smallest where high is near 50 and low near -100.
    const errorOf = (ranges: Record<string, { low: number; high: number }>): Promise<number> =>
      Promise.resolve(Math.abs((ranges['x']?.high ?? 0) - 50) + Math.abs((ranges['x']?.low ?? 0) + 100));
    const ranges = await narrow({ x: { low: -100, high: 100 } }, errorOf, quiet);
    assert.deepEqual(ranges, { x: { low: -100, high: 48 } });
  });
});

describe('calibrating', () => {
  it('gives every tensor a range that holds zero', async () => {
    const text = [Int32Array.of(2, 10, 11, 3), Int32Array.of(2, 20, 21, 22, 3)];
    const ranges = await calibrate(tinyWeights(), { forRanges: text, forErrors: text.slice(0, 1), onProgress: quiet });
    assert.deepEqual(Object.keys(ranges).sort(), Object.keys(tinyRanges).sort());
    for (const { low, high } of Object.values(ranges)) assert.ok(low <= 0 && high > 0 && high < 20);
  });
});
