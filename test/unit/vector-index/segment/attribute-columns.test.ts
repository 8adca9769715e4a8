import assert from 'node:assert/strict';
import { attributeType, columnKey, rowAttributes } from '../../../../vector-index/segment/attribute-columns.js';

describe('attributes by type', () => {
  it('know the type of every value', () => {
    const kinds = ['a', 1n, 1, true, new Date(0), [], [1n]].map((value) => attributeType('x', value));
    assert.deepEqual(
      kinds.map(({ kind, isList }) => `${kind}${isList ? '[]' : ''}`),
      ['string', 'int64', 'double', 'bool', 'timestamp', 'string[]', 'int64[]'],
    );
  });

  it('refuse a list of mixed types', () => {
    assert.throws(() => attributeType('x', ['a', 1]), {
      code: 'INVALID_ARGUMENT',
      message: /list of string and double/,
    });
  });

  it('give a row its values back', () => {
    const column = { ...attributeType('a', 1n), name: 'a', value: (row: number) => (row === 1 ? 5n : undefined) };
    const columns = [{ ...column, markPresent: () => undefined, mark: () => undefined }];
    assert.deepEqual(rowAttributes(columns, 1), { a: 5n });
    assert.deepEqual(rowAttributes(columns, 0), {});
    assert.equal(columnKey(column), 'int64:a');
  });
});
