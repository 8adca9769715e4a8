import assert from 'node:assert/strict';
import { MutableCodes } from '../../../../vector-index/lists/mutable-codes.js';

describe('the codes of a growing segment', () => {
  it('are read as they were set, also after growth, and are zero where none was set', () => {
    const codes = new MutableCodes({ structureVersion: 1, subquantizers: 4, dsub: 4 });
    codes.makeRoom(2);
    const record = new Uint8Array(codes.rowBytes - 6).fill(9);
    codes.set(1, { code: Uint8Array.of(1, 2), factors: Int16Array.of(-3, 4), record });
    const before = codes.first(2);
    codes.makeRoom(500);
    codes.set(400, { code: Uint8Array.of(5, 6), factors: Int16Array.of(7, 8), record: record.map(() => 1) });
    const into = { codes: new Uint8Array(6), factors: new Int16Array(6) };
    codes.read(0, Uint32Array.of(400, 0, 1), into);
    assert.deepEqual(into, { codes: Uint8Array.of(5, 6, 0, 0, 1, 2), factors: Int16Array.of(7, 8, 0, 0, -3, 4) });
    assert.deepEqual(before, { codes: Uint8Array.of(0, 0, 1, 2), factors: Int16Array.of(0, 0, -3, 4) });
    const records = codes.readSecond(0, Uint32Array.of(0, 1));
    assert.deepEqual(records, Uint8Array.of(...new Uint8Array(record.length), ...record));
  });
});
