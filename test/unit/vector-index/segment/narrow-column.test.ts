import assert from 'node:assert/strict';
import { ListedNumbers, NarrowColumn, writeNarrow } from '../../../../vector-index/segment/narrow-column.js';
import { memoryWriter } from './memory-writer.js';

async function written(values: readonly number[]): Promise<Uint8Array> {
  const { writer, columns } = memoryWriter();
  await writeNarrow(writer, 'numbers', Uint32Array.from(values));
  return columns.get('numbers')!;
}

describe('a narrow column', () => {
  for (const [what, values, bytes] of [
    ['one byte each', [0, 255, 1, 2, 3, 4], 6],
    ['two bytes each', [0, 256, 65_535, 7, 7, 7], 12],
    ['four bytes each', [0, 65_536, 4_294_967_295, 1, 1], 20],
    ['four bytes for all where all are equal', new Array<number>(1_000).fill(70_000), 4],
    ['one byte each of four equal numbers', [9, 9, 9, 9], 4],
    ['four bytes of one large number', [70_000], 4],
    ['two bytes each of two numbers', [300, 300], 4],
    ['nothing of no rows', [], 0],
  ] as const) {
    it(`takes ${what}`, async () => {
      const column = await written(values);
      assert.equal(column.length, bytes);
      const read = new NarrowColumn(column, values.length);
      assert.deepEqual(
        values.map((_, row) => read.at(row)),
        values,
      );
    });
  }

  it('is 0 everywhere where there is none', () => {
    const column = new NarrowColumn(new Uint8Array(0), 3);
    assert.deepEqual([column.at(0), column.at(2)], [0, 0]);
  });
});

describe('listed numbers', () => {
  it('are those of the rows', () => {
    assert.equal(new ListedNumbers(Uint32Array.of(4, 5)).at(1), 5);
  });
});
