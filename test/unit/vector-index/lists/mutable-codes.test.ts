import assert from 'node:assert/strict';
import { MutableCodes } from '../../../../vector-index/lists/mutable-codes.js';
import { noList } from '../../../../vector-index/lists/row-coding.js';

const shape = { structureVersion: 1, subquantizers: 4, dsub: 4 };

describe('the codes of a growing segment', () => {
  it('are kept for second lists too, which rows without a copy have none of', () => {
    const codes = new MutableCodes({ ...shape, hasCopies: true });
    assert.equal(codes.hasCopies, true);
    codes.makeRoom(3);
    const record = new Uint8Array(14);
    const first = { code: Uint8Array.of(1, 2), factors: Int16Array.of(-3, 4), record };
    codes.set(1, { ...first, copy: { list: 6, code: Uint8Array.of(8, 9), factors: Int16Array.of(10, -11) } });
    codes.makeRoom(200);
    codes.set(2, { ...first, copy: null });
    assert.deepEqual([...codes.copies!.lists().subarray(0, 4)], [noList, 6, noList, noList]);
    assert.equal(codes.copies!.lists().at(-1), noList);
    const into = { codes: new Uint8Array(2), factors: new Int16Array(2) };
    codes.copies!.read(6, Uint32Array.of(1), into);
    assert.deepEqual(into, { codes: Uint8Array.of(8, 9), factors: Int16Array.of(10, -11) });
    const both = codes.copies!.first(2);
    assert.deepEqual(both, { codes: Uint8Array.of(0, 0, 8, 9), factors: Int16Array.of(0, 0, 10, -11) });
    codes.read(0, Uint32Array.of(1), into);
    assert.deepEqual(into, { codes: Uint8Array.of(1, 2), factors: Int16Array.of(-3, 4) });
    assert.equal(codes.rowBytes - new MutableCodes({ ...shape, hasCopies: false }).rowBytes, 2 + 4 + 4);
  });

  it('are read as they were set, also after growth, and are zero where none was set', () => {
    const codes = new MutableCodes({ ...shape, hasCopies: false });
    codes.makeRoom(2);
    const record = new Uint8Array(codes.rowBytes - 6).fill(9);
    codes.set(1, { code: Uint8Array.of(1, 2), factors: Int16Array.of(-3, 4), record, copy: null });
    const before = codes.first(2);
    const first = structuredClone(before);
    codes.makeRoom(500);
    codes.set(400, {
      code: Uint8Array.of(5, 6),
      factors: Int16Array.of(7, 8),
      record: record.map(() => 1),
      copy: null,
    });
    const into = { codes: new Uint8Array(6), factors: new Int16Array(6) };
    codes.read(0, Uint32Array.of(400, 0, 1), into);
    assert.deepEqual(into, { codes: Uint8Array.of(5, 6, 0, 0, 1, 2), factors: Int16Array.of(7, 8, 0, 0, -3, 4) });
    const records = codes.readSecond(0, Uint32Array.of(0, 1));
    assert.deepEqual(records, Uint8Array.of(...new Uint8Array(record.length), ...record));
    const expected = { codes: Uint8Array.of(0, 0, 1, 2), factors: Int16Array.of(0, 0, -3, 4), records };
    assert.deepEqual([before, first, codes.first(2)], [expected, expected, expected]);
  });
});
