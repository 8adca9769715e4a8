import assert from 'node:assert/strict';
import { attributeType, MutableAttributes, rowAttributes } from '../../../../vector-index/segment/attribute-columns.js';

describe('attribute columns in memory', () => {
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

  it('give each row its own values back, also where documents disagree on the type', () => {
    const attributes = new MutableAttributes();
    attributes.add(0, { a: 1n, b: 'x' });
    attributes.add(2, { a: 'one' });
    const rows = [0, 1, 2].map((row) => rowAttributes(attributes.columns, row));
    assert.deepEqual(rows, [{ a: 1n, b: 'x' }, {}, { a: 'one' }]);
    assert.equal(attributes.columns.length, 3);
  });
});
