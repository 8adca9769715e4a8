import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { AttributeValue } from '../../../../vector-index/document.js';
import { attributeType } from '../../../../vector-index/segment/attribute-columns.js';
import { AttributeEntries } from '../../../../vector-index/segment/attribute-entries.js';
import type { ValueCondition } from '../../../../vector-index/segment/segment-reader.js';

function entriesOf(values: Readonly<Record<number, AttributeValue>>): AttributeEntries {
  const entries = new AttributeEntries('x', attributeType('x', Object.values(values)[0]!));
  for (const [row, value] of Object.entries(values)) entries.add(Number(row), value);
  return entries;
}

function marked(entries: AttributeEntries, condition: ValueCondition): number[] {
  const bits = new Uint8Array(8);
  entries.mark(condition, bits);
  return Array.from({ length: 64 }, (_, row) => row).filter((row) => (bits[row >>> 3]! & (1 << (row & 7))) !== 0);
}

describe('an attribute in memory', () => {
  it('gives values of every type back, and undefined where there is none', () => {
    const all: AttributeValue[] = [
      'x',
      '',
      -(2n ** 63n),
      -0,
      Infinity,
      true,
      new Date(5),
      [],
      ['a'],
      [1n, -1n],
      [false],
    ];
    for (const value of all) {
      const entries = entriesOf({ 3: value });
      assert.deepEqual(entries.value(3), value);
      assert.equal(entries.value(2), undefined);
      assert.equal(entries.value(4), undefined);
    }
  });

  it('keeps its values as it grows', () => {
    const entries = entriesOf(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [2 * at, `v${at % 50}`])));
    for (let at = 0; at < 500; at += 1) assert.equal(entries.value(2 * at), `v${at % 50}`);
    assert.equal(entries.value(1), undefined);
  });

  it('finds integers that share their lower or upper half', () => {
    const entries = entriesOf({ 0: 1n, 1: 2n ** 32n + 1n, 2: -(2n ** 32n) + 1n, 3: -1n, 4: 2n ** 63n - 1n });
    assert.deepEqual(marked(entries, { comparator: 'equal', values: [1n] }), [0]);
    assert.deepEqual(marked(entries, { comparator: 'less', values: [1n] }), [2, 3]);
    assert.deepEqual(marked(entries, { comparator: 'greaterEqual', values: [2n ** 32n + 1n] }), [1, 4]);
    assert.deepEqual(marked(entries, { comparator: 'less', values: [2n ** 64n] }), [0, 1, 2, 3, 4]);
  });

  it('finds lists by any of their elements, each row once', () => {
    const entries = entriesOf({ 0: ['a', 'b', 'a'], 5: [], 9: ['b'] });
    assert.deepEqual(marked(entries, { comparator: 'contains', values: ['b'] }), [0, 9]);
  });

  it('leaves out rows that came after a pin', () => {
    const entries = entriesOf({ 1: 'a', 40: 'a', 63: 'a', 64: 'a', 900: 'a' });
    assert.deepEqual(marked(entries, { comparator: 'startsWith', values: ['a'] }), [1, 40, 63]);
    const bits = new Uint8Array(8);
    entries.markPresent(bits);
    assert.equal(bits[7], 0x80);
  });
});
