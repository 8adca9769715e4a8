import assert from 'node:assert/strict';
import { seededRandom, type Random } from '../../../../base/random.js';
import { RowReservoir, vectorOf } from '../../../../vector-index/search/row-reservoir.js';
import { randomDocuments, stateOf } from '../fixtures.js';

const documents = randomDocuments(seededRandom(3), 20);
const segment = stateOf(documents).pin();

function rowsOf(count: number, offered: number, random: Random = seededRandom(1)): number[] {
  const reservoir = new RowReservoir(count, random);
  for (let row = 0; row < offered; row += 1) reservoir.offer(segment, row);
  return reservoir.rows.map(({ row }) => row);
}

describe('a reservoir of rows', () => {
  it('has all rows where there are no more than it takes, and as many as it takes else', () => {
    assert.deepEqual(rowsOf(5, 0), []);
    assert.deepEqual(rowsOf(5, 3), [0, 1, 2]);
    assert.deepEqual(rowsOf(5, 5), [0, 1, 2, 3, 4]);
    const some = rowsOf(5, 20);
    assert.equal(new Set(some).size, 5);
    assert.deepEqual(rowsOf(5, 20), some);
    assert.deepEqual(rowsOf(0, 20), []);
  });

  it('has every row equally often', () => {
    const counts = new Uint32Array(20);
    const random = seededRandom(2);
    for (let turn = 0; turn < 4_000; turn += 1) for (const row of rowsOf(5, 20, random)) counts[row]! += 1;
    // 1,000 each; five standard deviations are 137.
    for (const count of counts) assert.ok(Math.abs(count - 1_000) < 137, `${count}`);
  });

  it('leads to vectors', () => {
    const { dense, dim } = segment.reader;
    const at = documents.findIndex((_, row) => dense!.subarray(row * dim, (row + 1) * dim).some((half) => half !== 0));
    const vector = vectorOf({ segment, row: at }, dim);
    assert.equal(vector.length, dim);
    assert.ok(vector.some((value) => value !== 0));
  });
});
