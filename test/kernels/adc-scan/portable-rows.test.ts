import assert from 'node:assert/strict';
import type { NativeKernels } from '../../../kernels/native-kernels.js';
import { loadAddon } from '../../../kernels/native.js';
import { onBoth, testRandom } from '../pair.js';

function arraysOf(pairs: number, count: number): Parameters<NativeKernels['scoreCodeRows']> {
  const random = testRandom();
  return [
    Uint8Array.from({ length: 32 * pairs }, () => random.below(64)),
    Float64Array.of(-16 * pairs, 300),
    Uint8Array.from({ length: count * pairs }, () => random.below(256)),
    Int16Array.from({ length: 2 * count }, () => random.below(65_535) - 32_767),
    Uint32Array.from({ length: count + 3 }, (_, i) => (count === 0 ? 0 : (i * 7) % count)).subarray(
      0,
      count && count + 3,
    ),
    new Float64Array(count && count + 3),
  ];
}

describe('the kernel over coded rows', () => {
  it('equals the reference for every width and count', async () => {
    for (const pairs of [2, 4, 48, 256]) {
      for (const count of [0, 1, 31, 33, 500]) {
        const run = (kernels: NativeKernels): number[] => {
          const arrays = arraysOf(pairs, count);
          kernels.scoreCodeRows(...arrays);
          return [...arrays[5]];
        };
        const { expected, actual } = await onBoth(run);
        assert.deepEqual(actual, expected, `${pairs} pairs, ${count} rows`);
      }
    }
  });

  it('refuses rows that have no code, and tables of no shape', function () {
    const addon = loadAddon();
    if (addon === null) this.skip();
    const [levels, scale, codes, factors, rows, scores] = arraysOf(2, 4);
    assert.throws(() => addon.scoreCodeRows(levels, scale, codes, factors, Uint32Array.of(4), new Float64Array(1)));
    assert.throws(() => addon.scoreCodeRows(levels.subarray(1), scale, codes, factors, rows, scores));
    assert.throws(() => addon.scoreCodeRows(levels, Float64Array.of(0, -1), codes, factors, rows, scores));
  });
});
