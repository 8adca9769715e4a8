import assert from 'node:assert/strict';
import { gatherCodes, gatherRecords, scatterCodes, scatterRecords } from '../../../../vector-index/lists/coded-rows.js';

/** Three rows with codes of two bytes. */
const coded = { codes: Uint8Array.of(1, 2, 3, 4, 5, 6), factors: Int16Array.of(-1, 10, -2, 20, -3, 30) };

function room(rows: number) {
  return { codes: new Uint8Array(2 * rows), factors: new Int16Array(2 * rows) };
}

describe('coded rows', () => {
  it('are gathered in the order asked for, and some twice', () => {
    const into = room(3);
    gatherCodes(coded, Uint32Array.of(2, 0, 2), 2, into);
    assert.deepEqual(into, { codes: Uint8Array.of(5, 6, 1, 2, 5, 6), factors: Int16Array.of(-3, 30, -1, 10, -3, 30) });
    assert.deepEqual(gatherRecords(coded.codes, [1, 0], 3), Uint8Array.of(4, 5, 6, 1, 2, 3));
    assert.deepEqual(gatherRecords(coded.codes, [], 3), new Uint8Array(0));
  });

  it('are gathered beside what there is room for', () => {
    const into = room(2);
    gatherCodes(coded, Uint32Array.of(1), 2, into);
    assert.deepEqual(into, { codes: Uint8Array.of(3, 4, 0, 0), factors: Int16Array.of(-2, 20, 0, 0) });
  });

  it('are scattered among others, which stay', () => {
    const into = room(5);
    into.codes.fill(9);
    into.factors.fill(7);
    scatterCodes(coded, [4, 0, 2], 2, into);
    assert.deepEqual(into.codes, Uint8Array.of(3, 4, 9, 9, 5, 6, 9, 9, 1, 2));
    assert.deepEqual(into.factors, Int16Array.of(-2, 20, 7, 7, -3, 30, 7, 7, -1, 10));
    const records = new Uint8Array(9);
    scatterRecords(coded.codes, Uint32Array.of(2, 0), 3, records);
    assert.deepEqual(records, Uint8Array.of(4, 5, 6, 0, 0, 0, 1, 2, 3));
  });
});
