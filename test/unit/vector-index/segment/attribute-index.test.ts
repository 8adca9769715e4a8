import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readAttributeIndex, type AttributeIndex } from '../../../../vector-index/segment/attribute-index.js';
import type { ValueCondition } from '../../../../vector-index/segment/segment-reader.js';
import { attributeFile, type Attributes } from '../filter/fixtures.js';

const values = ['', 'a', 'ab', 'abc', 'ac', 'b', '\uffff', '\u{10000}'];

/** The index of an attribute of strings whose rows have `values` in turn. */
async function indexOf(rows: number): Promise<AttributeIndex> {
  const file = await attributeFile(
    Array.from({ length: rows }, (_, row): Attributes => ({ x: values[row % values.length]! })),
  );
  const element = (at: number): string => values[at % values.length]!;
  const index = readAttributeIndex(file, 'attribute.0', { element, presence: file.u8('attribute.0.present') });
  assert.ok(index !== null);
  return index;
}

async function found(condition: ValueCondition, rows: number): Promise<string[]> {
  const bits = new Uint8Array(Math.max(4, rows / 8));
  (await indexOf(rows)).mark(condition, bits);
  return values.filter((_, row) => (bits[0]! & (1 << row)) !== 0);
}

for (const [layout, rows] of [
  ['one', 8],
  ['few', 32],
  ['many', 800],
] as const) {
  describe(`the index of an attribute with ${layout} row${layout === 'one' ? '' : 's'} a value`, () => {
    it('finds the values before, at and behind one that is there or not', async () => {
      assert.deepEqual(await found({ comparator: 'less', values: ['ab'] }, rows), ['', 'a']);
      assert.deepEqual(await found({ comparator: 'lessEqual', values: ['ab'] }, rows), ['', 'a', 'ab']);
      assert.deepEqual(await found({ comparator: 'greater', values: ['aba'] }, rows), [
        'abc',
        'ac',
        'b',
        '\uffff',
        '\u{10000}',
      ]);
      assert.deepEqual(await found({ comparator: 'greaterEqual', values: ['\u{10000}'] }, rows), ['\u{10000}']);
      assert.deepEqual(await found({ comparator: 'equal', values: ['aa'] }, rows), []);
    });

    it('finds the values that begin with a prefix', async () => {
      assert.deepEqual(await found({ comparator: 'startsWith', values: ['a'] }, rows), ['a', 'ab', 'abc', 'ac']);
      assert.deepEqual(await found({ comparator: 'startsWith', values: [''] }, rows), values);
      assert.deepEqual(await found({ comparator: 'startsWith', values: ['zz'] }, rows), []);
    });

    it('finds each of several values', async () => {
      assert.deepEqual(await found({ comparator: 'in', values: ['b', 'nothing', 'a', 'b'] }, rows), ['a', 'b']);
    });
  });
}

describe('a file without an index', () => {
  it('has none', async () => {
    const file = await attributeFile([{ x: 1n }]);
    assert.equal(readAttributeIndex(file, 'attribute.1', { element: () => 1n, presence: null }), null);
  });
});
