import assert from 'node:assert/strict';
import { seededRandom, type Random } from '../../../../base/random.js';
import { RowSample, vectorOf } from '../../../../vector-index/search/row-sample.js';
import type { PinnedSegment } from '../../../../vector-index/segment/segment-state.js';
import { randomDocuments, stateOf } from '../fixtures.js';

const documents = randomDocuments(seededRandom(3), 20);
const segment = stateOf(documents).pin();

function rowsOf(count: number, offered: number, random: Random = seededRandom(1)): number[] {
  const sample = new RowSample(count, random);
  for (let row = 0; row < offered; row += 1) sample.offer(segment, row);
  return sample.rows.map(({ row }) => row);
}

/** docIds and passages of the chosen rows of `rows` by docId, in their order. */
function keysOf(rows: readonly (readonly [PinnedSegment, number])[], count: number, seed = 1): string[] {
  const sample = new RowSample(count, seededRandom(seed));
  for (const [own, row] of rows) sample.offer(own, row);
  return sample.rows.map(({ segment: { reader }, row }) => `${reader.docIds[row]}/${reader.passages?.[row] ?? 0}`);
}

describe('a sample of rows', () => {
  it('has all rows where there are no more than it takes, and as many as it takes else', () => {
    assert.deepEqual(rowsOf(5, 0), []);
    assert.deepEqual(
      rowsOf(5, 3).sort((a, b) => a - b),
      [0, 1, 2],
    );
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

  it('is the same for the same documents, in whatever segments and order they come', () => {
    const parts = [documents.slice(13), documents.slice(0, 6), documents.slice(6, 13)].map((own) => stateOf(own).pin());
    const scattered = parts.flatMap((own) =>
      Array.from({ length: own.rowCount }, (_, row) => [own, own.rowCount - 1 - row] as const),
    );
    const together = Array.from({ length: 20 }, (_, row) => [segment, row] as const);
    for (const count of [1, 7, 20, 30]) assert.deepEqual(keysOf(scattered, count), keysOf(together, count));
    assert.notDeepEqual(keysOf(together, 7, 2), keysOf(together, 7, 1));
  });

  it('changes by one row at most where a document is gone', () => {
    const together = Array.from({ length: 20 }, (_, row) => [segment, row] as const);
    const chosen = new Set(keysOf(together, 7));
    for (let gone = 0; gone < 20; gone += 1) {
      const left = keysOf(
        together.filter(([, row]) => row !== gone),
        7,
      );
      assert.ok(left.filter((key) => !chosen.has(key)).length <= 1);
    }
  });

  it('leads to vectors', () => {
    const { dense, dim } = segment.reader;
    const at = documents.findIndex((_, row) => dense!.subarray(row * dim, (row + 1) * dim).some((half) => half !== 0));
    const vector = vectorOf({ segment, row: at }, dim);
    assert.equal(vector.length, dim);
    assert.ok(vector.some((value) => value !== 0));
  });
});
