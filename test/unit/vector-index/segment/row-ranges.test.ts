import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import type { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { ListedRanges, PackedRanges, writeRanges } from '../../../../vector-index/segment/row-ranges.js';
import { memoryWriter } from './memory-writer.js';

/** The columns of rows of `lengths` as a reader takes them. */
async function packed(lengths: readonly number[], align: 1 | 4): Promise<{ ranges: PackedRanges; names: string[] }> {
  const { writer, columns } = memoryWriter();
  await writeRanges(writer, 'x', Uint32Array.from(lengths), align);
  const u8 = (name: string): Uint8Array => columns.get(name) ?? new Uint8Array(0);
  const file = { u8, u64: (name: string) => new BigUint64Array(u8(name).buffer), layout: { rows: lengths.length } };
  return { ranges: new PackedRanges(file as unknown as ColumnFile, 'x', align), names: [...columns.keys()] };
}

describe('packed ranges', () => {
  for (const align of [1, 4] as const) {
    it(`give every row its place, at multiples of ${align}`, async () => {
      const random = seededRandom(1);
      for (const count of [1, 31, 32, 33, 100, 5_000]) {
        const lengths = Array.from({ length: count }, () => random.below(random.below(20) === 0 ? 70_000 : 9));
        const { ranges } = await packed(lengths, align);
        let start = 0;
        for (const [row, length] of lengths.entries()) {
          assert.deepEqual([ranges.start(row), ranges.length(row)], [start, length]);
          start += Math.ceil(length / align) * align;
        }
      }
    });
  }

  it('are one number where all lengths are equal', async () => {
    const { ranges, names } = await packed(new Array<number>(100).fill(7), 4);
    assert.deepEqual(names, ['xLength']);
    assert.deepEqual([ranges.start(99), ranges.length(99)], [99 * 8, 7]);
  });
});

describe('listed ranges', () => {
  it('end where the next one begins, or after their length', () => {
    const starts = Uint32Array.of(0, 4, 10);
    assert.deepEqual([new ListedRanges(starts).start(1), new ListedRanges(starts).length(1)], [4, 6]);
    assert.equal(new ListedRanges(BigUint64Array.of(0n, 4n), Uint32Array.of(3, 5)).length(1), 5);
  });
});
